import { CloudOff, Inbox, LockKeyhole, TriangleAlert, type LucideIcon } from "lucide-react";
import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiError } from "../api/ApiError.js";

interface NothingProps {
  title: string;
  children?: ReactNode;
  icon?: LucideIcon;
  action?: ReactNode;
  /** It is all there is on the page: its title is the page's. */
  isPage?: boolean;
}

/** A place where there is nothing to show: says why, and what can be done. */
export function Nothing({ title, children, icon: Icon = Inbox, action, isPage }: NothingProps) {
  return (
    <div className="nothing">
      <Icon size={40} strokeWidth={1.5} aria-hidden />
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      {children !== undefined && <p>{children}</p>}
      {action}
    </div>
  );
}

/** What went wrong, in the place of what was to be shown. */
export function Failure({ error, onRetry, isPage }: { error: unknown; onRetry?: () => void; isPage?: boolean }) {
  const { title, icon, text } = describe(error);
  const action =
    onRetry === undefined ? undefined : (
      <Button variant="default" onClick={onRetry}>
        Try again
      </Button>
    );
  return (
    <div role="alert">
      <Nothing title={title} icon={icon} action={action} isPage={isPage}>
        {text}
      </Nothing>
    </div>
  );
}

function describe(error: unknown): { title: string; icon: LucideIcon; text: ReactNode } {
  if (!(error instanceof ApiError)) {
    return { title: "The page failed", icon: TriangleAlert, text: String(error) };
  }
  switch (error.fault) {
    case "offline":
      return {
        title: "No answer from the server",
        icon: CloudOff,
        text: "It is asked again by itself. Whatever runs there goes on meanwhile."
      };
    case "forbidden":
      return { title: "No permission", icon: LockKeyhole, text: error.message };
    case "signIn":
    case "refused":
      return {
        title: "That did not work",
        icon: TriangleAlert,
        text: (
          <>
            {error.message} <code>{error.code}</code>
          </>
        )
      };
  }
}

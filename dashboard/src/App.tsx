import { lazy, Suspense, useEffect, type ReactNode } from "react";
import { AccessContext, useAccessQuery } from "./access.js";
import { ApiError } from "./api/ApiError.js";
import { ErrorBoundary } from "./components/ErrorBoundary.js";
import { Failure, Nothing } from "./components/Nothing.js";
import { PageLoading } from "./components/PageLoading.js";
import { config } from "./config.js";
import { useConnection } from "./live/connection.js";
import { usePlace, type Place } from "./router.js";
import { Shell } from "./Shell.js";
import { SignIn } from "./pages/SignIn.js";

const Overview = lazy(() => import("./pages/overview/Overview.js"));
const Tasks = lazy(() => import("./pages/tasks/Tasks.js"));
const Task = lazy(() => import("./pages/task/Task.js"));
const Definitions = lazy(() => import("./pages/definitions/Definitions.js"));
const Definition = lazy(() => import("./pages/definitions/Definition.js"));

export function App() {
  const place = usePlace();
  const access = useAccessQuery();
  const connection = useConnection();

  if (connection === "signIn" || (access.error instanceof ApiError && access.error.fault === "signIn")) {
    return <SignIn onDone={() => void access.refetch()} />;
  }
  if (access.data === undefined) {
    return (
      <Shell section="">
        {access.error === null ? (
          <PageLoading />
        ) : (
          <Failure isPage error={access.error} onRetry={() => void access.refetch()} />
        )}
      </Shell>
    );
  }
  const { page, section, title } = access.data.read
    ? pageOf(place)
    : {
        page: <NoPermission name={access.data.identity.displayName ?? access.data.identity.id} />,
        section: "",
        title: "No permission"
      };
  return (
    <AccessContext value={access.data}>
      <Title text={title} />
      <Shell section={section}>
        <ErrorBoundary key={place.path.join("/")}>
          <Suspense fallback={<PageLoading />}>{page}</Suspense>
        </ErrorBoundary>
      </Shell>
    </AccessContext>
  );
}

function pageOf({ path }: Place): { page: ReactNode; section: string; title: string } {
  const [section = "overview", id, ...rest] = path;
  if (rest.length === 0) {
    switch (section) {
      case "overview":
        return { page: <Overview />, section, title: "Overview" };
      case "tasks":
        return id === undefined
          ? { page: <Tasks />, section, title: "Tasks" }
          : { page: <Task key={id} id={id} />, section, title: `Task ${id}` };
      case "definitions":
        return id === undefined
          ? { page: <Definitions />, section, title: "Definitions" }
          : { page: <Definition key={id} id={id} />, section, title: id };
    }
  }
  return {
    page: (
      <Nothing isPage title="There is no such page">
        The address may have been cut. The pages are in the menu.
      </Nothing>
    ),
    section: "",
    title: "No such page"
  };
}

function Title({ text }: { text: string }) {
  useEffect(() => {
    document.title = `${text} · ${config.title}`;
  }, [text]);
  return null;
}

function NoPermission({ name }: { name: string }) {
  return (
    <Nothing isPage title="No permission to see background tasks">
      You are signed in as {name}. Whoever looks after this system can give you the permission <code>tasks</code>.
    </Nothing>
  );
}

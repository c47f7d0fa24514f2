import { Button, Checkbox, PasswordInput } from "@mantine/core";
import { LockKeyhole } from "lucide-react";
import { useState } from "react";
import { keepToken, readToken } from "../api/token.js";
import { Logo } from "../components/Logo.js";
import { Nothing } from "../components/Nothing.js";
import { config } from "../config.js";
import "./signIn.css";

/** Asks for what the API wants to see with every request. */
export function SignIn({ onDone }: { onDone: () => void }) {
  const [token, setToken] = useState("");
  const [keeps, setKeeps] = useState(false);
  const wasRefused = readToken() !== null;
  if (config.signIn === null) {
    return (
      <main className="sign-in">
        <Nothing
          isPage
          title="Not signed in"
          icon={LockKeyhole}
          action={<Button onClick={() => window.location.reload()}>Try again</Button>}
        >
          The API does not know you. Sign in where you usually do, then come back here.
        </Nothing>
      </main>
    );
  }
  return (
    <main className="sign-in">
      <form
        className="card sign-in-form"
        onSubmit={event => {
          event.preventDefault();
          keepToken(token.trim(), keeps);
          onDone();
        }}
      >
        <Logo size={36} />
        <div>
          <h1>{config.title}</h1>
          <p className="dim">The API asks who you are.</p>
        </div>
        <PasswordInput
          label={config.signIn.label}
          description={
            <>
              Sent to this API alone, in the header <code>{config.signIn.header}</code>.
            </>
          }
          error={wasRefused ? "This one was not accepted, or is no longer valid." : undefined}
          value={token}
          onChange={event => setToken(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
          required
        />
        <Checkbox
          label="Remember it on this device"
          checked={keeps}
          onChange={event => setKeeps(event.currentTarget.checked)}
        />
        <Button type="submit" disabled={token.trim() === ""}>
          Sign in
        </Button>
      </form>
    </main>
  );
}

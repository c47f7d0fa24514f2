import { CircleX } from "lucide-react";
import type { TaskDetail } from "../../api/queries.js";
import { Copy } from "../../components/Copy.js";
import { Json } from "../../components/Json.js";

/** Why a task failed. */
export function ErrorCard({ task }: { task: TaskDetail }) {
  const { error, message } = task;
  return (
    <section className="card error-card" aria-label="Error">
      <div className="card-head">
        <h2 className="row">
          <CircleX size={17} aria-hidden />
          {error?.code ?? "The task failed"}
        </h2>
        <Copy what="the error" text={() => JSON.stringify(error ?? { message }, null, 2)} />
      </div>
      <div className="card-body stack-small">
        <p className="error-message">{error?.message ?? message}</p>
        {error?.data !== null && error?.data !== undefined && <Json value={error.data} name="data" open={1} />}
        {error?.stack !== null && error?.stack !== undefined && (
          <details>
            <summary>Stack</summary>
            <pre className="stack-trace">{error.stack}</pre>
          </details>
        )}
      </div>
    </section>
  );
}

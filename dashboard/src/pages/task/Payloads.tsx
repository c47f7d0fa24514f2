import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Json as Value } from "../../api/graphql.js";
import { getPayload, type TaskDetail } from "../../api/queries.js";
import { Copy } from "../../components/Copy.js";
import { Json } from "../../components/Json.js";
import { Failure } from "../../components/Nothing.js";

/** Read again at most so often while the task changes: an input may have megabytes. */
const FRESH_MS = 4_000;

/** Input and output, as far as they have got. */
export function Payloads({ task }: { task: TaskDetail }) {
  const payload = useQuery({
    queryKey: ["payload", task.id],
    queryFn: ({ signal }) => getPayload(task.id, signal),
    staleTime: FRESH_MS,
    refetchInterval: ({ state: { dataUpdatedAt } }) =>
      dataUpdatedAt < Date.parse(task.savedOn) + FRESH_MS ? FRESH_MS : false
  });
  if (payload.data === undefined) {
    return (
      <div className="card card-body">
        {payload.error === null ? <Skeleton height={80} /> : <Failure error={payload.error} />}
      </div>
    );
  }
  const { input } = payload.data;
  const output = task.taskStatus === "failed" ? withoutError(payload.data.output) : payload.data.output;
  return (
    <>
      <Payload title="Input" value={input} />
      <Payload title="Output" value={output} />
    </>
  );
}

/** The API repeats the error in the output; it has a card of its own here. */
function withoutError(output: Value): Value {
  if (output === null || typeof output !== "object" || Array.isArray(output)) {
    return output;
  }
  const { error: _error, ...rest } = output;
  return rest;
}

function Payload({ title, value }: { title: string; value: Value }) {
  const isEmpty = value === null || (typeof value === "object" && Object.keys(value).length === 0);
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2>{title}</h2>
        {!isEmpty && <Copy what={title.toLowerCase()} text={() => JSON.stringify(value, null, 2)} />}
      </div>
      <div className="card-body payload">{isEmpty ? <span className="dim">Nothing</span> : <Json value={value} />}</div>
    </section>
  );
}

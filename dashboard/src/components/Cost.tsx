import { dollars } from "../format/time.js";

/** What a task costs on AWS; nothing where the API does not say it. */
export function Cost({ usage }: { usage: { dollars: number } | null }) {
  return usage === null ? <span className="dim">–</span> : <span className="num">{dollars(usage.dollars)}</span>;
}

import { useQuery } from "@tanstack/react-query";
import { isActive, listTasks } from "../api/queries.js";
import { SAMPLE } from "../format/stats.js";
import { pollInterval, retryInterval } from "./activity.js";

/** A page of 200 costs more than a look at a list: it is read less often. */
const SLOWER = 3;

/** The latest 200 tasks, of one definition or of all. */
export function useSample(definitionId?: string) {
  return useQuery({
    queryKey: ["sample", definitionId ?? "all"],
    queryFn: ({ signal }) =>
      listTasks({ where: definitionId === undefined ? {} : { definitionId }, limit: SAMPLE }, signal),
    refetchInterval: ({ state: { data, status, fetchFailureCount } }) =>
      status === "error" ? retryInterval(fetchFailureCount) : SLOWER * pollInterval(data?.tasks.some(isActive) ?? false)
  });
}

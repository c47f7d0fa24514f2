import { useQuery } from "@tanstack/react-query";
import { getTask, isActive } from "../api/queries.js";
import { pollInterval, retryInterval } from "./activity.js";

/** One task, kept up to date: often while it is active, and still a little after, as its hooks run and others may delete it. */
export function useTask(id: string) {
  return useQuery({
    queryKey: ["task", id],
    queryFn: ({ signal }) => getTask(id, signal),
    refetchInterval: ({ state: { data, status, fetchFailureCount } }) => {
      if (status === "error") {
        return retryInterval(fetchFailureCount);
      }
      const isMoving = data !== undefined && (isActive(data) || (data.owed?.length ?? 0) > 0);
      return isMoving ? pollInterval(true) : 30_000;
    }
  });
}

import { useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { getAccess, type Access } from "./api/queries.js";
import { retryInterval } from "./live/activity.js";

const NONE: Access = {
  identity: { id: "", displayName: null },
  read: false,
  write: false,
  delete: false,
  private: false
};
export const AccessContext = createContext<Access>(NONE);

/** What the user may do: what they may not is not offered. */
export const useAccess = (): Access => useContext(AccessContext);

export function useAccessQuery() {
  return useQuery({
    queryKey: ["access"],
    queryFn: ({ signal }) => getAccess(signal),
    staleTime: 5 * 60_000,
    // Until it is known: a server that starts answers in a moment.
    refetchInterval: query => (query.state.status === "error" ? retryInterval(query.state.errorUpdateCount) : false)
  });
}

import { useCallback, useMemo, useSyncExternalStore } from "react";

/** A place in the app: `#/tasks/ID?log=error`. In the hash, so that any server of static files will do. */
export interface Place {
  /** `["tasks", "ID"]` */
  path: string[];
  params: URLSearchParams;
}

const subscribe = (onChange: () => void) => {
  window.addEventListener("hashchange", onChange);
  return () => window.removeEventListener("hashchange", onChange);
};

export function parseHash(hash: string): Place {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decode), params: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A link that was cut: what it says is looked for as it is, and not found.
    return part;
  }
}

export function hrefOf(path: string[], params?: Record<string, string | undefined>): string {
  const given = Object.entries(params ?? {}).filter((entry): entry is [string, string] => !!entry[1]);
  const query = new URLSearchParams(given).toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return `#/${path.map(encodeURIComponent).join("/")}${query === "" ? "" : `?${query}`}`;
}

export function goTo(href: string): void {
  window.location.hash = href;
}

export function usePlace(): Place {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => parseHash(hash), [hash]);
}

/** One parameter of the address, and how to change some: without a new entry in the history, as while typing. */
export function useParams(): [URLSearchParams, (changes: Record<string, string | undefined>) => void] {
  const { params } = usePlace();
  const change = useCallback((changes: Record<string, string | undefined>) => {
    const place = parseHash(window.location.hash);
    const next = { ...Object.fromEntries(place.params), ...changes };
    window.history.replaceState(null, "", hrefOf(place.path, next));
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  }, []);
  return [params, change];
}

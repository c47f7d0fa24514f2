/** What whoever serves the page may set: `DashboardOptions` of the package, as JSON in a meta tag. */
export interface DashboardConfig {
  /** URL of the API, relative to the page. */
  api: string;
  title: string;
  /** How a user signs in where the API asks for it; null: not by this page. */
  signIn: { header: string; prefix: string; label: string } | null;
  /** Sent with every request. */
  headers: Record<string, string>;
  /** Whether cookies are sent to an API of another origin. */
  credentials: "same-origin" | "include";
}

const DEFAULTS: DashboardConfig = {
  api: "graphql",
  title: "Background tasks",
  signIn: { header: "authorization", prefix: "Bearer ", label: "Token" },
  headers: {},
  credentials: "same-origin"
};

function readConfig(): DashboardConfig {
  const text = document.querySelector<HTMLMetaElement>('meta[name="webiny-tasks"]')?.content ?? "{}";
  return { ...DEFAULTS, ...(JSON.parse(text) as Partial<DashboardConfig>) };
}

export const config = readConfig();
export const apiUrl = new URL(config.api, document.baseURI).href;

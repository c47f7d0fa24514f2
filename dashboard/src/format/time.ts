const UNITS = [
  ["year", 365 * 24 * 60 * 60],
  ["month", 30 * 24 * 60 * 60],
  ["day", 24 * 60 * 60],
  ["hour", 60 * 60],
  ["minute", 60],
  ["second", 1]
] as const;
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "long"
});
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/** "3 min ago", "in 2 hr". @param atOnce what is said of a few seconds */
export function relativeTime(date: string, now: number, atOnce = "just now"): string {
  const seconds = Math.round((Date.parse(date) - now) / 1000);
  if (Math.abs(seconds) < 5) {
    return atOnce;
  }
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? (["second", 1] as const);
  return relative.format(Math.trunc(seconds / size), unit).replace(".", "");
}

/** In the viewer's zone: "24 Nov 2026, 16:00:29 CET". */
export const exactTime = (date: string): string => exact.format(new Date(date));

/** "16:00:29" */
export const clockTime = (date: string | number): string => clock.format(new Date(date));

/** "24 Nov 16:00:29", without the day where it is today. */
export function shortTime(date: string, now = Date.now()): string {
  const time = new Date(date);
  const isToday = new Date(now).toDateString() === time.toDateString();
  return isToday ? clock.format(time) : `${day.format(time)} ${clock.format(time)}`;
}

/** "840 ms", "12.4 s", "3 min 20 s", "2 h 5 min", "4 d 3 h". */
export function duration(ms: number): string {
  if (ms < 1_000) {
    return `${Math.max(0, Math.round(ms))} ms`;
  }
  const seconds = ms / 1_000;
  if (seconds < 59.95) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  const whole = Math.round(seconds);
  const parts = (
    [
      ["d", 86_400],
      ["h", 3_600],
      ["min", 60],
      ["s", 1]
    ] as const
  ).map(([unit, size], at, all) => {
    const above = all[at - 1]?.[1];
    return [Math.floor((above === undefined ? whole : whole % above) / size), unit] as const;
  });
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

/** How long a task has run, from its first iteration; undefined before. */
export function taskDuration(
  { startedOn, finishedOn }: { startedOn: string | null; finishedOn: string | null },
  now: number
): number | undefined {
  if (startedOn === null) {
    return undefined;
  }
  return Math.max(0, (finishedOn === null ? now : Date.parse(finishedOn)) - Date.parse(startedOn));
}

const number = new Intl.NumberFormat("en");
export const count = (value: number): string => number.format(value);
/** At most three decimals: gigabyte-seconds, read units. */
export const amount = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 3 });
/** US dollars. A task costs parts of a cent: two digits say enough, without an exponent. */
export const dollars = (value: number): string =>
  value.toLocaleString("en", {
    style: "currency",
    currency: "USD",
    ...(value >= 1 ? {} : { minimumFractionDigits: 0, maximumSignificantDigits: 2 })
  });
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

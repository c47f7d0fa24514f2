import { InvalidArgumentError } from "commander";

const UNITS_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "2h", "30m", "7d": so long ago; or a date. @returns ISO 8601 */
export function parseSince(text: string): string {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const time = unit === undefined ? Date.parse(text) : Date.now() - Number(count) * (UNITS_MS[unit] as number);
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError(
      "Give an age as in 30s, 15m, 2h or 7d, or a date as in 2026-05-17 or 2026-05-17T08:00Z."
    );
  }
  return new Date(time).toISOString();
}

export function parseWholeNumber(least: number): (text: string) => number {
  return text => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!Number.isSafeInteger(number) || number < least) {
      throw new InvalidArgumentError(`Give a whole number, ${least} or more.`);
    }
    return number;
  };
}

export function parseSeconds(text: string): number {
  const seconds = text.trim() === "" ? NaN : Number(text);
  if (!(seconds > 0) || !Number.isFinite(seconds)) {
    throw new InvalidArgumentError("Give a number of seconds above 0.");
  }
  return seconds;
}

/** "name: value" lines. @throws InvalidArgumentError */
export function parseHeader(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*:\s*(.*?)\s*$/.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    // The text may hold a token: it is not repeated.
    throw new InvalidArgumentError('Give a header as in "authorization: Bearer …".');
  }
  return { ...before, [name.toLowerCase()]: value };
}

/** "authorization: Bearer " is the header, and what stands before the token. @throws InvalidArgumentError */
export function parseSignIn(text: string): { header: string; prefix: string } {
  const [, header, prefix = ""] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*(?::\s?(.*))?$/.exec(text) ?? [];
  if (header === undefined) {
    throw new InvalidArgumentError('Give the name of a header, as in "x-api-key" or "authorization: Bearer ".');
  }
  return { header: header.toLowerCase(), prefix };
}

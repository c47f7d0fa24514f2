type Cell = string | number;

/** Rows in columns, the first one to the left, the others to the right. */
export function table(rows: Cell[][]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, String(cell).length)));
  }
  const line = (row: Cell[]) =>
    row
      .map((cell, column) =>
        column === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[column] ?? 0)
      )
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

/** The target, and whether it is met. */
export function compared(value: number, target: number, wanted: "at most" | "less" | "more" = "at most"): string {
  const met = { "at most": value <= target, less: value < target, more: value >= target }[wanted];
  const sign = { "at most": "", less: "< ", more: ">= " }[wanted];
  return `${sign}${target} ${met ? "ok" : "MISSED"}`;
}

export function round(value: number, digits = 0): number {
  return Number(value.toFixed(digits));
}

import { isActive, type TaskDetail } from "../../api/queries.js";
import machine from "./stateMachine.json";

export interface Place {
  x: number;
  y: number;
}

/** Where each state is drawn: the loop above, the ends below. */
const PLACES: Record<string, Place> = {
  Wait: { x: 52, y: 28 },
  Run: { x: 186, y: 28 },
  Recover: { x: 318, y: 28 },
  CheckStatus: { x: 186, y: 108 },
  Lost: { x: 362, y: 108 },
  Done: { x: 40, y: 192 },
  Failed: { x: 116, y: 192 },
  Aborted: { x: 250, y: 192 },
  HandedOver: { x: 345, y: 192 },
  UnknownStatus: { x: 186, y: 250 }
};

/** Half of a state's width grows with its name. */
export const halfWidth = (name: string): number => 10 + name.length * 3.7;
export const HALF_HEIGHT = 15;

export const states = machine.states.map(state => ({ ...state, ...(PLACES[state.name] ?? { x: 80, y: 250 }) }));
export const edges = machine.edges.map(edge => ({ ...edge, d: pathOf(edge.from, edge.to) }));

function pathOf(from: string, to: string): string {
  const a = PLACES[from] ?? { x: 0, y: 0 };
  const b = PLACES[to] ?? { x: 0, y: 0 };
  // There and back are drawn beside each other.
  const isPair = machine.edges.some(edge => edge.from === to && edge.to === from);
  const shift = isPair ? (a.y > b.y ? -9 : 9) : 0;
  if (a.y === b.y) {
    const isRight = b.x > a.x;
    const x1 = a.x + (isRight ? 1 : -1) * halfWidth(from);
    const x2 = b.x - (isRight ? 1 : -1) * (halfWidth(to) + 5);
    return `M${x1},${a.y} L${x2},${b.y}`;
  }
  const isDown = b.y > a.y;
  const y1 = a.y + (isDown ? 1 : -1) * HALF_HEIGHT;
  const y2 = b.y - (isDown ? 1 : -1) * (HALF_HEIGHT + 5);
  const bend = (y2 - y1) / 2;
  return `M${a.x + shift},${y1} C${a.x + shift},${y1 + bend} ${b.x + shift},${y2 - bend} ${b.x + shift},${y2}`;
}

type Present = Pick<TaskDetail, "taskStatus" | "busyUntil" | "nextAt" | "attempt">;

/** The state the record leads to: the machine itself is not asked. */
export function presentState(task: Present, now: number): string {
  if (!isActive(task)) {
    return { success: "Done", failed: "Failed", aborted: "Aborted" }[task.taskStatus as "success"];
  }
  if (task.busyUntil !== null) {
    return Date.parse(task.busyUntil) < now ? "Recover" : "Run";
  }
  return task.nextAt !== null && Date.parse(task.nextAt) > now ? "Wait" : "CheckStatus";
}

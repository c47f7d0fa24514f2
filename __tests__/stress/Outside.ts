import { setTimeout as sleep } from "node:timers/promises";
import type { TasksClientError } from "../../src/client/index.js";
import type { Task } from "../../src/types.js";
import type { Life, LocalServer } from "./LocalServer.js";
import { between, makePlan, type Plan, type Random } from "./plans.js";

/** A task that was asked for, and what was answered. */
export interface Wanted {
  plan: Plan;
  /** Its name, which no other task has. */
  name: string;
  /** Set by the answer to its trigger, or found afterwards. */
  id?: string;
  /** The task as the abort was answered. */
  aborted?: { task: Task; life: number };
  /** The deletion was answered. */
  deleted?: true;
  /** As it was last seen. */
  seen?: Task;
}

/** Clients at work at once. */
const HANDS = 6;

/** Plans under way at once: above it, nothing new is asked for. */
const MOST_UNDER_WAY = 60;

/**
 * A list is merged of one for each status, so a task that changes its status meanwhile may be in none of them. It does so
 * twice in its life: the third look finds it.
 */
const LOOKS = 3;

const PAUSE_MS = { least: 5, most: 60 };

/**
 * Those who use the server over HTTP, whatever becomes of it. A request whose answer got lost is made good when the server
 * is there again: a trigger by a look for the task's name, an abort and a deletion by asking again.
 */
export class Outside {
  readonly wanted: Wanted[] = [];
  /** What was answered and may not be. */
  readonly broken: string[] = [];
  /** Requests without an answer. */
  lost = 0;
  private readonly server: LocalServer;
  private readonly random: Random;
  private hands: Promise<void>[] = [];
  private isOver = false;

  constructor(server: LocalServer, random: Random) {
    this.server = server;
    this.random = random;
  }

  begin(): void {
    this.hands = Array.from({ length: HANDS }, () => this.work().catch(error => void this.broken.push(String(error))));
  }

  /** Asks for nothing new; what was begun is brought to its end. */
  async finish(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.hands);
    for (const one of this.wanted) {
      await this.carryOut(one);
    }
  }

  private async work(): Promise<void> {
    while (!this.isOver) {
      const chance = this.random();
      const chosen = this.wanted[Math.floor(this.random() * this.wanted.length)];
      if (chosen === undefined || (chance < 0.5 && this.underWay() < MOST_UNDER_WAY)) {
        await this.trigger(makePlan(this.random));
      } else if (chance < 0.75) {
        await this.carryOut(chosen);
      } else if (chance < 0.95) {
        await this.look(chosen);
      } else {
        await this.list();
      }
      await sleep(between(this.random, PAUSE_MS.least, PAUSE_MS.most));
    }
  }

  private underWay(): number {
    return this.wanted.filter(({ seen, deleted }) => !deleted && seen?.finishedOn === undefined).length;
  }

  private async trigger(plan: Plan): Promise<void> {
    const one: Wanted = { plan, name: `wanted-${this.wanted.length + 1}.` };
    this.wanted.push(one);
    const { definition, input, delay } = plan;
    const task = await this.ask<Task>(`trigger of ${one.name} (${definition})`, {
      send: ({ client }) => client.trigger({ definition, input, delay, name: one.name }),
      // The process that might have stored it is dead: what is not there now never will be.
      again: async ({ client }) => {
        for (let look = 1; look <= LOOKS; look++) {
          for await (const task of client.listTasks({ search: one.name })) {
            return task;
          }
        }
        return undefined;
      }
    });
    one.id = task?.id;
  }

  /** Aborts or deletes it, when that is planned and was not done yet. */
  private async carryOut(one: Wanted): Promise<void> {
    const { plan, id, name } = one;
    if (id === undefined || one.aborted !== undefined || one.deleted) {
      return;
    }
    if (plan.then === "delete") {
      await this.ask(`deletion of ${name}`, {
        send: ({ client }) => client.deleteTask(id).then(() => true),
        again: async ({ client }) => ((await client.getTask(id)) === null ? true : undefined),
        // Two hands, or one whose first answer got lost.
        refused: code => code === "NOT_FOUND"
      });
      one.deleted = true;
    } else if (plan.then === "abort" && one.seen?.finishedOn === undefined) {
      let life = 0;
      const task = await this.ask<Task>(`abort of ${name}`, {
        send: ({ client, number }) => {
          life = number;
          return client.abort(id, { message: `Not ${name}` });
        },
        refused: code => code === "TASK_ABORT_ERROR"
      });
      const now = task ?? (await this.look(one));
      if (now?.taskStatus === "aborted") {
        one.aborted ??= { task: now, life };
      }
    }
  }

  private async look(one: Wanted): Promise<Task | undefined> {
    const { id, name, seen } = one;
    if (id === undefined) {
      return undefined;
    }
    const mayBeGone = one.plan.then === "delete";
    const task = await this.ask<Task | null>(`look at ${name}`, { send: ({ client }) => client.getTask(id) });
    if (task === null) {
      if (!mayBeGone) {
        this.broken.push(`${name} is gone`);
      }
      return undefined;
    }
    // Several hands look at once: an older answer may come later.
    const isOlder = one.seen !== seen;
    if (seen !== undefined && !isOlder && !isLater(seen, task)) {
      this.broken.push(
        `${name} went from ${seen.taskStatus} ${seen.iterations} back to ${task.taskStatus} ${task.iterations}`
      );
    }
    one.seen = isOlder ? one.seen : task;
    return task;
  }

  /** Every task whose trigger was answered is in the list, until its deletion was asked for. */
  private async list(): Promise<void> {
    let missing = this.wanted.filter(({ id, plan }) => id !== undefined && plan.then !== "delete");
    for (let look = 1; look <= LOOKS && missing.length > 0; look++) {
      const listed = await this.ask("list", { send: listIds });
      missing = missing.filter(({ id }) => listed?.has(id as string) === false);
    }
    this.broken.push(...missing.map(({ name }) => `${name} is not in the list`));
  }

  /**
   * Asks until there is an answer, through every kill.
   * @param how.again after a lost answer: what became of it, or undefined, to send it again
   * @param how.refused whether this code may be answered; any other is a broken promise
   * @returns the answer, or null: it was refused
   */
  private async ask<T>(
    what: string,
    how: {
      send: (life: Life) => Promise<T>;
      again?: (life: Life) => Promise<T | undefined>;
      refused?: (code: string) => boolean;
    }
  ): Promise<T | null> {
    let wasLost = false;
    for (;;) {
      const life = await this.server.ready();
      const answer = async () => (wasLost ? await how.again?.(life) : undefined) ?? (await how.send(life));
      try {
        // The client would try a query again for a while.
        const answered = await Promise.race([answer().then(value => ({ value })), life.over]);
        if (answered) {
          return answered.value;
        }
        wasLost = true;
        this.lost += 1;
      } catch (error) {
        const { code, message } = error as TasksClientError;
        if (!how.refused?.(code)) {
          this.broken.push(`${what} was refused: ${code} ${message}`);
        }
        return null;
      }
    }
  }
}

async function listIds({ client }: Life): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { id } of client.listTasks({ limit: 200 })) {
    ids.add(id);
  }
  return ids;
}

const ORDER = ["pending", "running", "success"];

/** A status never goes back, a final one never changes, and iterations are counted upwards. */
function isLater(before: Task, after: Task): boolean {
  const place = ({ taskStatus }: Task) => (ORDER.includes(taskStatus) ? ORDER.indexOf(taskStatus) : 2);
  return (
    place(after) >= place(before) &&
    after.iterations >= before.iterations &&
    (before.finishedOn === undefined || after.taskStatus === before.taskStatus)
  );
}

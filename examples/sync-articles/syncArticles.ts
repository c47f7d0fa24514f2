import { createTaskDefinition, type TaskContext } from "@webiny/tasks";
import type { Articles } from "./articles.js";
import { BusyError, type SecondSystemClient } from "./SecondSystemClient.js";

/** What `createContextPlugin` in main.ts adds to the context. */
export interface SyncContext extends TaskContext {
  articles: Articles;
  secondSystem: SecondSystemClient;
}

export interface SyncInput {
  /** The next page to push; default 1. */
  page?: number;
}

export interface SyncOutput {
  synced: number;
  total: number;
  /** Of their texts, in UTF-8. */
  bytes: number;
  /** Times the second system was busy. */
  waits: number;
}

const ARTICLES_PER_PAGE = 10;

/** The longest a page may take: with less time left in this Lambda, the next page is left to the next iteration. */
const SECONDS_PER_PAGE = 1.5;

export const syncArticles = createTaskDefinition<SyncContext, SyncInput, SyncOutput>({
  id: "syncArticles",
  title: "Sync Articles",
  description: "A task which syncs Webiny articles with another system.",
  maxIterations: 1000,

  async run({ context, input, response, store, isCloseToTimeout, isAborted, signal }) {
    const { articles, secondSystem } = context;
    const output = store.getOutput() ?? { synced: 0, total: articles.total, bytes: 0, waits: 0 };

    for (let page = input.page ?? 1; ; page++) {
      const articlesOfPage = await articles.listPage({ page, limit: ARTICLES_PER_PAGE });
      if (articlesOfPage.length === 0) {
        return response.done(`Synced ${output.synced} articles.`, output);
      }
      try {
        for (const article of articlesOfPage) {
          await secondSystem.putArticle(article, signal);
        }
      } catch (error) {
        if (isAborted()) {
          return response.aborted();
        }
        if (error instanceof BusyError) {
          const seconds = error.retryAfterSeconds;
          await store.addInfoLog({ message: `Page ${page}: the second system is busy, going on in ${seconds} s.` });
          await store.updateOutput({ waits: output.waits + 1 }, { save: false });
          // No Lambda runs meanwhile. Then this page is pushed again from its start, which does no harm.
          return response.continue({ page }, { seconds });
        }
        // Any other error fails the task: onError is next.
        throw error;
      }
      output.synced += articlesOfPage.length;
      output.bytes += articlesOfPage.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
      await store.addInfoLog({ message: `Page ${page}: ${articlesOfPage.length} articles.` });
      // Staged only: it is saved with the end of the iteration, in the same write.
      await store.updateOutput(output, { save: false });
      if (isCloseToTimeout(SECONDS_PER_PAGE)) {
        // The next iteration goes on from there, with a Lambda of its own.
        return response.continue({ page: page + 1 });
      }
    }
  },

  // A throw cancels the trigger. Two triggers in the same moment may still both pass: an index answers a little late.
  async onBeforeTrigger({ context }) {
    const { items } = await context.tasks.listTasks({
      where: { definitionId: "syncArticles", taskStatus_in: ["pending", "running"] },
      limit: 1
    });
    if (items[0] !== undefined) {
      throw new Error(`Articles are being synced already, by task ${items[0].id}.`);
    }
  },

  async onDone({ context, task }) {
    await context.secondSystem.notify({ event: "synced", taskId: task.id, message: task.message ?? "" });
  },

  async onError({ context, task }) {
    await context.secondSystem.notify({ event: "failed", taskId: task.id, message: task.error?.message ?? "" });
  },

  async onAbort({ context, task }) {
    await context.secondSystem.notify({ event: "aborted", taskId: task.id, message: task.abort?.reason ?? "" });
  },

  async onMaxIterations({ context, task }) {
    const message = `Stopped after ${task.iterations} iterations.`;
    await context.secondSystem.notify({ event: "ranOutOfIterations", taskId: task.id, message });
  }
});

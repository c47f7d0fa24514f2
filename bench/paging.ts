import { createTaskDefinition } from "../src/index.js";

/** Pages through something, as most tasks do: the cursor is its input. */
export const paging = createTaskDefinition<object, { page: number; pages: number; log?: boolean }>({
  id: "paging",
  title: "Sync articles",
  run: async ({ input, store, response }) => {
    if (input.log) {
      await store.addInfoLog({ message: "Page done.", data: { page: input.page } });
    }
    return input.page < input.pages
      ? response.continue({ ...input, page: input.page + 1 })
      : response.done("All synced.");
  }
});

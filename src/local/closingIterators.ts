import type { Iterator, Store } from "dynalite/db/index.js";

/**
 * dynalite 4 ends a read with `iterator.return()`, which the iterators of its database lack, so that every query left one
 * open. An open iterator keeps the state it reads from: in memory, and as files that are never removed.
 * @returns the store, whose iterators are closed by `return()`
 */
export function closingIterators(store: Store): Store {
  const { db } = store;
  for (const name of ["keys", "values"] as const) {
    const open = db[name].bind(db);
    db[name] = range => closedByReturn(open(range));
  }
  return store;
}

function closedByReturn(iterator: Iterator): Iterator {
  return Object.assign(iterator, { return: () => iterator.close() });
}

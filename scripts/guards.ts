interface Guard {
  guard: string;
  scenario?: string;
  /** Arguments of jest. */
  tests?: string[];
  file: string;
  from: string;
  to: string;
}

/**
 * The guards of the engine, each with a way to break it: in `file`, the text `from` (there once) becomes `to`. What has to
 * catch it is the fault explorer, in the `scenario` named or in any, or the `tests` named.
 */
export const guards: Guard[] = [
  {
    guard: "iteration fence: a claim names its iteration",
    scenario: "a delayed trigger",
    file: "src/runner/claim.ts",
    from: `equals("nextIteration", iteration),`,
    to: ``
  },
  {
    guard: "iteration fence: a settle names its iteration",
    scenario: "a loop that keeps its input",
    file: "src/runner/IterationState.ts",
    from: `      equals("iterations", this.iteration),
      equals("leaseOwner", this.owner),`,
    to: ``
  },
  {
    guard: "execution fence: a claim names its execution",
    tests: ["__tests__/runner/deliveries.test.ts", "__tests__/tasks/nets.test.ts"],
    file: "src/runner/claim.ts",
    from: `    equals("execution", execution),\n    equals("definitionId"`,
    to: `    equals("definitionId"`
  },
  {
    guard: "lease: a claim waits for the end of another one's",
    scenario: "an iteration of three minutes",
    file: "src/runner/claim.ts",
    from: `below("leaseUntil", now),`,
    to: ``
  },
  {
    guard: "lease: it outlives the code",
    scenario: "an iteration of three minutes",
    file: "src/runner/claim.ts",
    from: `return now + invocation.remainingMs() + LEASE_MARGIN_MS;`,
    to: `return now + LEASE_MARGIN_MS;`
  },
  {
    guard: "time: an iteration does not start before its wait is over",
    scenario: "a hand-over",
    file: "src/runner/claim.ts",
    from: `atMost("nextAt", now + EARLY_START_MS),`,
    to: ``
  },
  {
    guard: "abort: a settle needs a running task",
    scenario: "an abort while an iteration is settled",
    file: "src/runner/IterationState.ts",
    from: `      equals("taskStatus", "running"),`,
    to: ``
  },
  {
    guard: "abort: it needs an active task",
    scenario: "an abort while an iteration is settled",
    file: "src/tasks/markAborted.ts",
    from: `oneOf("taskStatus", ["pending", "running"])`,
    to: `oneOf("taskStatus", ["pending", "running", "success"])`
  },
  {
    guard: "owner token: a claim whose answer was lost is known again",
    scenario: "a single iteration",
    file: "src/runner/afterLostClaim.ts",
    from: `record.leaseOwner === invocation.owner &&`,
    to: `record.leaseOwner === "nobody" &&`
  },
  {
    guard: "owner token: a settle whose answer was lost is known again",
    file: "src/runner/IterationState.ts",
    from: `if (set.settledBy !== undefined && settledByMe) {`,
    to: `if (set.settledBy === "nobody") {`,
    scenario: "inputs and outputs in slices"
  },
  {
    guard: "owner token: an abort whose answer was lost is known again",
    scenario: "an abort while it is pending",
    file: "src/tasks/markAborted.ts",
    from: `current?.abort?.token === token`,
    to: `current?.abort?.token === "nobody"`
  },
  {
    guard: "owner token: hooks have one owner at a time",
    scenario: "an abort while it runs",
    file: "src/hooks/runOwed.ts",
    from: `  const free = any(`,
    to: `  const free = any(exists("owed"),`
  },
  {
    guard: "owner token: hooks left to the runner stay with it",
    scenario: "an abort while it runs",
    file: "src/hooks/runOwed.ts",
    from: `return current?.hookOwner === performer.owner ? null : (current ?? record);`,
    to: `return left;`
  },
  {
    guard: "owed: what an end owes is written with it",
    scenario: "a single iteration",
    file: "src/tasks/finalAttributes.ts",
    from: `? { owed, hookOwner: performer.owner, hookUntil: performer.until }`,
    to: `? { due: retentionEnd(now, engine.retentionDays) }`
  },
  {
    guard: "owed: what is owed is taken off when it is done",
    scenario: "an abort while it is pending",
    file: "src/hooks/runOwed.ts",
    from: `remove: ["owed", "hookOwner", "hookUntil", "hookAttempts"]`,
    to: `remove: ["hookOwner", "hookUntil", "hookAttempts"]`
  },
  {
    guard: "owed: a hook that dies is given up",
    scenario: "a hook that kills its process, each time",
    file: "src/hooks/runOwed.ts",
    from: `const died = record.hookAttempts ?? 0;`,
    to: `const died = 0;`
  },
  {
    guard: "net: Recover frees the lease of a dead invocation",
    file: "src/runner/recover.ts",
    from: `if (isLeased(record, now) && crashedOwner(event, record.leaseOwner) === undefined) {`,
    to: `if (isLeased(record, now)) {`,
    tests: ["__tests__/runner/recover.test.ts"]
  },
  {
    guard: "net: the sweep",
    scenario: "a single iteration",
    file: "src/host/sweepEventSource.ts",
    from: `return sweep(engineOf(`,
    to: `return { overdue: 0 } as never; void sweep(engineOf(`
  },
  {
    guard: "net: the status event",
    scenario: "an execution that is lost",
    file: "src/host/statusEventSource.ts",
    from: `return { care: await afterClosed(engine, record, status) };`,
    to: `return { care: "left" };`
  },
  {
    guard: "net: the look at a task that is read",
    file: "src/tasks/getTask.ts",
    from: `await lookAfterSafely(engine, record);`,
    to: `void lookAfterSafely;`,
    tests: ["__tests__/tasks/nets.test.ts"]
  },
  {
    guard: "net: a trigger that died before its start is due",
    scenario: "a single iteration",
    file: "src/tasks/newRecord.ts",
    from: `: Math.max(now, nextAt) + DUE_AHEAD_MS,`,
    to: `: Number.MAX_SAFE_INTEGER,`
  },
  {
    guard: "revival: one of several who revive starts",
    file: "src/tasks/revive.ts",
    from: `equals("execution", record.execution),`,
    to: ``,
    tests: ["__tests__/tasks/nets.test.ts"]
  },
  {
    guard: "lost invocations: code that does not load is given up, also after a crash",
    file: "src/runner/recover.ts",
    from: `(isHeld || wasHolder ? 0 : 1)`,
    to: `(record.leaseOwner !== undefined ? 0 : 1)`,
    tests: ["__tests__/runner/recover.test.ts"]
  },
  {
    guard: "lost invocations: a storage out of reach uses no attempt up",
    file: "src/runner/recover.ts",
    from: `return crash.error === STORAGE_UNAVAILABLE &&`,
    to: `return crash.error === "" &&`,
    tests: ["__tests__/runner/recover.test.ts"]
  },
  {
    guard: "revival cap: a broken deploy is given up",
    scenario: "a deploy that is broken: no execution gets through",
    file: "src/tasks/revive.ts",
    from: `if ((record.revives ?? 0) >= MAX_REVIVES) {`,
    to: `if ((record.revives ?? 0) >= Infinity) {`
  },
  {
    guard: "children: a trigger looks at its parent again",
    tests: ["__tests__/runner/abort.test.ts", "__tests__/tasks/crud.test.ts"],
    file: "src/tasks/newRecord.ts",
    from: `if (parent !== null && !parent.deleted && parent.taskStatus !== "aborted") {`,
    to: `if (parent !== null) {`
  },
  {
    guard: "children: their pointer is written before they are",
    scenario: "a child is triggered while its parent is aborted",
    file: "src/tasks/newRecord.ts",
    from: `await engine.storage.put({ ...pointer });`,
    to: `void pointer;`
  },
  {
    guard: "payload: slices are written before what points at them",
    scenario: "inputs and outputs in slices",
    file: "src/runner/IterationState.ts",
    from: `await writeSlices(this.engine.storage, placed.slices);`,
    to: `void writeSlices;`
  },
  {
    guard: "input: a change from outside is merged, not overwritten",
    tests: ["__tests__/runner/store.test.ts"],
    file: "src/runner/IterationState.ts",
    from: `...(payloadsChanged ? [equals("rev", this.record.rev)] : [])`,
    to: `...(payloadsChanged ? [] : [])`
  },
  {
    guard: "output: a change made while another one is written is kept",
    scenario: "changes made at once, and logs beside them",
    file: "src/runner/IterationState.ts",
    from: `output: output.filter(change => !staged.output.includes(change)),`,
    to: `output: [],`
  },
  {
    guard: "output: the writes of an iteration are made one after the other",
    scenario: "changes made at once, and logs beside them",
    file: "src/runner/IterationState.ts",
    from: `const turn = this.writing.then(work);`,
    to: `const turn = work();`
  },
  {
    guard: "hand-over: a start that failed is tried again",
    file: "src/runner/afterLostClaim.ts",
    from: `if (record.definitionId === event.webinyTaskDefinitionId && wasHandedOver(record, place)) {`,
    to: `if (record.definitionId === "nobody" && wasHandedOver(record, place)) {`,
    tests: ["__tests__/runner/handOver.test.ts", "-t", "start"]
  },
  {
    guard: "hand-over: an execution stays below the limit of its history",
    tests: ["__tests__/runner/handOver.test.ts", "-t", "events|limit|22"],
    file: "src/runner/handOver.ts",
    from: `eventsAfter(event, wait) >= HAND_OVER_EVENTS`,
    to: `eventsAfter(event, wait) >= Infinity`
  },
  {
    guard: "abort: an execution that is started after it is stopped",
    scenario: "a delayed trigger",
    file: "src/tasks/triggerTask.ts",
    from: `if (delay > 0) {`,
    to: `if (delay < 0) {`
  },
  {
    guard: "delete: a purge waits for the lease",
    scenario: "a deletion while code without a hook goes on",
    file: "src/tasks/purge.ts",
    from: `isLeased(record, engine.clock.now()) ||`,
    to: ``
  }
];

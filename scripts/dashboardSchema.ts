// Writes the schema that the dashboard's types are made of. Ids of definitions are those of a server: text, here.
import { writeFileSync } from "node:fs";
import { printSchema } from "graphql";
import { buildSchema } from "../src/graphql/buildSchema.js";
import { tasksTypeDefs } from "../src/graphql/typeDefs.js";
import { stateMachine } from "../src/machine/stateMachine.js";

const text = printSchema(buildSchema([{ typeDefs: tasksTypeDefs([]) }]));
const ids = /^enum WebinyBackgroundTaskDefinitionEnum \{[^}]*\}/m;
writeFileSync(
  new URL("../dashboard/schema.graphql", import.meta.url),
  `${text.replace(ids, "scalar WebinyBackgroundTaskDefinitionEnum")}\n`
);

// And the state machine, as far as it is drawn: its states, and which one follows which.
interface State {
  Type: string;
  Next?: string;
  Default?: string;
  Choices?: readonly { Next: string }[];
  Catch?: readonly { Next: string }[];
}
const states = Object.entries(stateMachine.States as Record<string, State>);
const machine = {
  startAt: stateMachine.StartAt,
  states: states.map(([name, { Type }]) => ({ name, type: Type })),
  edges: states.flatMap(([from, state]) => {
    const next = [state.Next, ...(state.Choices ?? []).map(({ Next }) => Next), state.Default];
    const caught = (state.Catch ?? []).map(({ Next }) => Next);
    return [
      ...[...new Set(next)].flatMap(to => (to === undefined ? [] : [{ from, to, isCatch: false }])),
      ...[...new Set(caught)].map(to => ({ from, to, isCatch: true }))
    ];
  })
};
writeFileSync(
  new URL("../dashboard/src/pages/task/stateMachine.json", import.meta.url),
  `${JSON.stringify(machine, null, 2)}\n`
);

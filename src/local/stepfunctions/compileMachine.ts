import type { StateMachine } from "aws-local-stepfunctions";
import { createInterpreter, validateDefinition } from "./interpreter.js";
import type { Retrier } from "./retry.js";
import { compileSimpleTemplate, type Template } from "./simpleTemplate.js";

type Json = Record<string, unknown>;

/** A state as the definition has it, and what this endpoint does itself. */
export interface CompiledState {
  name: string;
  type: "Task" | "Choice" | "Wait" | "Pass" | "Succeed" | "Fail";
  /** Task: a call of a function by its ARN as `Resource`, or the `lambda:invoke` integration. */
  resource?: string;
  isIntegration: boolean;
  timeoutSeconds?: number;
  retry: Retrier[];
  /** Task: its Parameters, when they are simple enough; else the interpreter evaluates them. */
  parameters?: Template;
  /** Error names some Catch of it lists. */
  caught: Set<string>;
  /** Whether its output may be larger than its input and its result. */
  mayGrow: boolean;
}

export interface CompiledMachine {
  interpreter: StateMachine;
  states: Map<string, CompiledState>;
  /** `TimeoutSeconds` of the machine. */
  timeoutSeconds?: number;
}

/** Error by which a Task enters itself again: the next attempt of a retry. No error of a user's can have this name. */
export const AGAIN = "\u0000again";

/** The interpreter's own time-out fires after so long, and never: the endpoint's own comes first. `setTimeout` takes no more. */
const LONGEST_TIMEOUT_SECONDS = 2_147_483;

const LAMBDA_INVOKE = /^arn:[^:]+:states:::lambda:invoke$/;
const FUNCTION_ARN = /^arn:[^:]+:lambda:[^:]*:[^:]*:function:[^:]+(:[^:]+)?$/;

/** Fields the interpreter would pass over in silence, or that this endpoint does not run. */
const UNSUPPORTED_FIELDS = [
  "Assign",
  "Arguments",
  "Output",
  "HeartbeatSeconds",
  "HeartbeatSecondsPath",
  "TimeoutSecondsPath",
  "Credentials"
];

/**
 * Checks a definition and translates it for the interpreter. What is translated, and why:
 *
 * | the interpreter | here |
 * |---|---|
 * | waits with `setTimeout`: wrong above 24.8 days, deaf to the endpoint's clock | Wait becomes a Task whose handler waits |
 * | times a Task out after 60 s unless told; fires at once above 24.8 days | its time-out is out of reach; the handler keeps the state's |
 * | keeps `$$.State.RetryCount` as it was given | the handler decides on Retry, and enters the state again for the next attempt |
 * | has one context for all states | `$$.State` is rewritten to an entry of each state's own |
 * | sets `$$.Execution.StartTime` itself | rewritten to one that is the execution's |
 * | `ResultPath: "$"` makes a key `$` | left out, which means the same |
 * | `Result: false` (or 0, "", null) of a Pass is passed over | becomes `Parameters` |
 * | `ErrorPath` and `CausePath` know no intrinsic functions | Fail becomes a Task whose Parameters are evaluated |
 * | `States.TaskFailed` catches `States.Timeout` of a handler | such a time-out is caught by what comes after it |
 * | ignores JSONata, `Assign` and other integrations | refused |
 *
 * @param options.isChecked true for a definition that is known to be valid: the check takes a third of a second
 * @throws Error whose message says what is wrong with the definition
 */
export async function compileMachine(
  text: string,
  { isChecked }: { isChecked: boolean } = { isChecked: false }
): Promise<CompiledMachine> {
  const definition = JSON.parse(text) as Json & { States?: Record<string, Json> };
  refuseUnsupported(definition, "the state machine");
  for (const [name, state] of Object.entries(definition.States ?? {})) {
    refuseUnsupported(state, `state "${name}"`);
  }
  if (!isChecked) {
    await validateDefinition(definition);
  }
  const states = new Map<string, CompiledState>();
  const translated: Record<string, Json> = {};
  for (const [index, [name, state]] of Object.entries(definition.States ?? {}).entries()) {
    const rewritten = rewriteContextPaths(state, contextKey(index)) as Json;
    const described = describe(name, rewritten);
    states.set(name, described);
    translated[name] = translate(name, rewritten, described);
  }
  const interpreter = await createInterpreter({ StartAt: definition.StartAt, States: translated });
  const timeoutSeconds = definition.TimeoutSeconds as number | undefined;
  return { interpreter, states, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) };
}

/** Name of a state's entry in the context's `States`. */
export function contextKey(index: number): string {
  return `s${index}`;
}

function refuseUnsupported(part: Json, where: string): void {
  if ((part.QueryLanguage ?? "JSONPath") !== "JSONPath") {
    throw new Error(`The local endpoint runs JSONPath only, not ${String(part.QueryLanguage)} (${where}).`);
  }
  const field = UNSUPPORTED_FIELDS.find(name => name in part);
  if (field !== undefined) {
    throw new Error(`The local endpoint does not run ${field} (${where}).`);
  }
  if (part.Type === "Map" || part.Type === "Parallel") {
    throw new Error(`The local endpoint does not run ${part.Type} states (${where}).`);
  }
  const resource = String(part.Resource);
  if (part.Type === "Task" && !LAMBDA_INVOKE.test(resource) && !FUNCTION_ARN.test(resource)) {
    throw new Error(`The local endpoint runs Lambda functions only, not ${resource} (${where}).`);
  }
}

function describe(name: string, state: Json): CompiledState {
  const catchers = (state.Catch ?? []) as { ErrorEquals: string[] }[];
  const parameters =
    state.Type === "Task" && "Parameters" in state ? compileSimpleTemplate(state.Parameters) : undefined;
  return {
    name,
    type: state.Type as CompiledState["type"],
    ...(state.Resource === undefined ? {} : { resource: state.Resource as string }),
    isIntegration: LAMBDA_INVOKE.test(String(state.Resource)),
    ...(state.TimeoutSeconds === undefined ? {} : { timeoutSeconds: state.TimeoutSeconds as number }),
    retry: (state.Retry ?? []) as Retrier[],
    ...(parameters === undefined ? {} : { parameters }),
    caught: new Set(catchers.flatMap(catcher => catcher.ErrorEquals)),
    mayGrow: ["Parameters", "Result", "ResultSelector", "ResultPath", "Catch"].some(field => field in state)
  };
}

function translate(name: string, state: Json, { parameters }: CompiledState): Json {
  const { Type, Next, End, InputPath, OutputPath } = state;
  const after = Next === undefined ? { End } : { Next };
  const paths = { ...("InputPath" in state ? { InputPath } : {}), ...("OutputPath" in state ? { OutputPath } : {}) };
  switch (Type) {
    case "Task": {
      const { Retry: _retry, Catch, Parameters, ...rest } = state;
      const again = { ErrorEquals: [AGAIN], ResultPath: null, Next: name };
      return withoutRootResultPath({
        ...rest,
        ...(Parameters === undefined || parameters !== undefined ? {} : { Parameters }),
        TimeoutSeconds: LONGEST_TIMEOUT_SECONDS,
        Catch: [again, ...translateCatch((Catch ?? []) as Json[])]
      });
    }
    case "Wait":
      // With a ResultPath of null the output is the input; with an InputPath it is what that selects.
      return {
        Type: "Task",
        ...paths,
        ...after,
        ...("InputPath" in state ? {} : { ResultPath: null }),
        Parameters: {
          ...("InputPath" in state ? { "input.$": "$" } : {}),
          ...asParameter("seconds", state.Seconds, state.SecondsPath),
          ...asParameter("timestamp", state.Timestamp, state.TimestampPath)
        },
        TimeoutSeconds: LONGEST_TIMEOUT_SECONDS,
        Catch: [{ ErrorEquals: [AGAIN], ResultPath: null, Next: name }]
      };
    case "Fail":
      return {
        Type: "Task",
        End: true,
        Parameters: {
          ...asParameter("error", state.Error, state.ErrorPath),
          ...asParameter("cause", state.Cause, state.CausePath)
        },
        TimeoutSeconds: LONGEST_TIMEOUT_SECONDS
      };
    case "Pass": {
      const { Result, ...rest } = state;
      const isPassedOver = "Result" in state && !Result;
      return withoutRootResultPath(isPassedOver ? { ...rest, Parameters: Result } : state);
    }
    default:
      return state;
  }
}

function asParameter(name: string, value: unknown, path: unknown): Json {
  if (path !== undefined) {
    return { [`${name}.$`]: path };
  }
  return value === undefined ? {} : { [name]: value };
}

function translateCatch(catchers: Json[]): Json[] {
  const translated: Json[] = [];
  for (const [index, catcher] of catchers.entries()) {
    const lists = (name: string, one: Json) => (one.ErrorEquals as string[]).includes(name);
    if (lists("States.TaskFailed", catcher) && !lists("States.Timeout", catcher)) {
      const later = catchers.slice(index + 1).find(one => lists("States.Timeout", one) || lists("States.ALL", one));
      if (later !== undefined) {
        translated.push({ ...later, ErrorEquals: ["States.Timeout"] });
      }
    }
    translated.push(catcher);
  }
  return translated.map(withoutRootResultPath);
}

function withoutRootResultPath(part: Json): Json {
  const { ResultPath, ...rest } = part;
  return ResultPath === "$" ? rest : part;
}

function rewriteContextPaths(value: unknown, key: string, field = ""): unknown {
  if (Array.isArray(value)) {
    return value.map(one => rewriteContextPaths(one, key, field));
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rewriteContextPaths(one, key, name)]));
  }
  if (typeof value === "string" && (field.endsWith(".$") || field.endsWith("Path") || field === "Variable")) {
    return value
      .replaceAll(/\$\$\.State(?![A-Za-z0-9_])/g, `$$$$.States.${key}`)
      .replaceAll("$$.Execution.StartTime", "$$$$.ExecutionStartTime");
  }
  return value;
}

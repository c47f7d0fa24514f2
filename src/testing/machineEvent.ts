import type { MachineState } from "../machine/answer.js";
import { executionName } from "../machine/executionName.js";
import { EVENT_NAME } from "../machine/stateMachine.js";

/**
 * The event with which the state machine invokes the Lambda.
 * @param more what else is in its payload: `retryCount`, and `crash` for a call of Recover
 */
export function machineEvent(state: MachineState, more: Record<string, unknown> = {}) {
  const { webinyTaskId, webinyTaskDefinitionId, tenant, locale, execution, iteration, events } = state;
  const name = executionName(webinyTaskDefinitionId, webinyTaskId, execution);
  return {
    name: EVENT_NAME,
    payload: {
      webinyTaskId,
      webinyTaskDefinitionId,
      tenant,
      locale,
      delay: -1,
      endpoint: "manage",
      executionName: name,
      executionArn: `arn:${name}`,
      stateMachineId: "arn:machine",
      execution,
      iteration,
      events,
      retryCount: 0,
      ...more
    }
  };
}

import { MAX_EXECUTION_NAME_PREFIX } from "../constants.js";

/**
 * The name of a task's execution: `<definition id, 40 characters at most>_<task id>_<execution>`, 80 characters at most.
 * The same number gives the same name, so that a repeated start is the same execution while it is open.
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
export function executionName(definitionId: string, taskId: string, execution: number): string {
  return `${definitionId.slice(0, MAX_EXECUTION_NAME_PREFIX)}_${taskId}_${execution}`;
}

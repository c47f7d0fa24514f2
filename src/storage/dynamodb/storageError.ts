import { TasksError } from "../../errors.js";

interface ServiceException {
  name?: string;
  message?: string;
  $metadata?: { requestId?: string };
}

export function isConditionFailure(error: unknown): boolean {
  return (error as ServiceException | null)?.name === "ConditionalCheckFailedException";
}

/** What DynamoDB refused, in our words, after the client's own retries. */
export function storageError(operation: string, tableName: string, error: unknown, index?: string): TasksError {
  const { name, message = String(error), $metadata } = (error ?? {}) as ServiceException;
  const data = { operation, tableName, name, requestId: $metadata?.requestId };
  if (name === "ResourceNotFoundException") {
    return new TasksError(
      "STORAGE_TABLE_MISSING",
      `The table "${tableName}" does not exist. Create it with createTasksTable() or the infrastructure code, or correct WEBINY_TASKS_TABLE.`,
      data,
      { cause: error }
    );
  }
  if (index !== undefined && name === "ValidationException" && /specified index|index:? /i.test(message)) {
    return new TasksError(
      "STORAGE_INDEX_MISSING",
      `The table "${tableName}" lacks the index "${index}". createTasksTable() says which are missing; the infrastructure code creates them.`,
      { ...data, index },
      { cause: error }
    );
  }
  return new TasksError("STORAGE_ERROR", `DynamoDB did not carry out ${operation} on "${tableName}": ${name ?? "Error"}: ${message}`, data, {
    cause: error
  });
}

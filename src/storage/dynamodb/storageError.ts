import { TasksError } from "../../errors.js";
import type { IndexName } from "../Storage.js";

/** Characters of DynamoDB's own message that ours quotes: it may repeat the whole request, users' data included. */
const MAX_QUOTED = 300;

const THROTTLED = ["ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"];
const NOT_REACHED = ["ECONNREFUSED", "ECONNRESET", "EAI_AGAIN", "ENOTFOUND", "EPIPE", "ETIMEDOUT", "TimeoutError"];
/** What the same request may meet no more in a while. */
const MAY_PASS = new Set([...THROTTLED, ...NOT_REACHED]);

interface ServiceException {
  name?: string;
  /** Of an error of Node's network. */
  code?: string;
  message?: string;
  $metadata?: { requestId?: string; httpStatusCode?: number };
}

/** What DynamoDB refused, in our words, after the client's own retries. */
export function storageError(operation: string, tableName: string, error: unknown, index?: IndexName): TasksError {
  const { name: given = "Error", code = given, message = String(error), $metadata } = (error ?? {}) as ServiceException;
  const name = given === "Error" ? code : given;
  const data = { name, operation, requestId: $metadata?.requestId, tableName };
  if (name === "ResourceNotFoundException") {
    return new TasksError(
      "STORAGE_TABLE_MISSING",
      `The table "${tableName}" does not exist. Create it with createTasksTable() or the infrastructure code, or correct WEBINY_TASKS_TABLE.`,
      data,
      { cause: error }
    );
  }
  // DynamoDB, DynamoDB Local and dynalite all begin it so; what follows differs.
  if (index !== undefined && message.startsWith("The table does not have the specified index")) {
    return new TasksError(
      "STORAGE_INDEX_MISSING",
      `The table "${tableName}" lacks the index "${index}". Add it with the infrastructure code, as tasksTableDescription has it.`,
      { ...data, index },
      { cause: error }
    );
  }
  const mayPass = MAY_PASS.has(name) || ($metadata?.httpStatusCode ?? 0) >= 500;
  return new TasksError(
    mayPass ? "STORAGE_UNAVAILABLE" : "STORAGE_ERROR",
    `DynamoDB did not carry out ${operation} on the table "${tableName}" (${name}: ${message.slice(0, MAX_QUOTED)}). ${advice(name, operation)}`,
    data,
    { cause: error }
  );
}

function advice(name: string, operation: string): string {
  if (NOT_REACHED.includes(name)) {
    return "It was not reached, also after the client's retries: look at the Lambda's network (in a VPC it needs DynamoDB's gateway endpoint) and at the client's endpoint.";
  }
  if (THROTTLED.includes(name)) {
    return "The table is throttled, also after the client's retries: try again later, or raise its limits.";
  }
  switch (name) {
    case "AccessDeniedException":
      return `Allow dynamodb:${operation} on the table and on its indexes.`;
    case "CredentialsProviderError":
    case "ExpiredTokenException":
    case "InvalidSignatureException":
    case "UnrecognizedClientException":
      return "Check the credentials and the region of the client.";
    case "ItemCollectionSizeLimitExceededException":
    case "ValidationException":
      return "It would be refused again: an item has at most 400 KB, and the table's keys have to be those of tasksTableDescription.";
    default:
      return "Try again; when it stays so, look at the cause and at the client's configuration.";
  }
}

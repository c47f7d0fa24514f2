import type { TasksContextObject } from "../definition/TaskDefinition.js";
import { abortTask } from "./abortTask.js";
import { createTask } from "./createTask.js";
import { deleteTask } from "./deleteTask.js";
import { fetchServiceInfo } from "./fetchServiceInfo.js";
import { getTask } from "./getTask.js";
import { listTasks } from "./listTasks.js";
import { createLog, deleteLog, getLatestLog, getLog, updateLog } from "./logs/changeLogs.js";
import { listLogs } from "./logs/listLogs.js";
import type { TaskEngine } from "./TaskEngine.js";
import { triggerTask } from "./triggerTask.js";
import { updateTask } from "./updateTask.js";

/** `context.tasks`: one line for each use case. */
export function createTasksContext(engine: TaskEngine): TasksContextObject {
  return {
    trigger: params => triggerTask(engine, params),
    abort: params => abortTask(engine, params),
    getTask: id => getTask(engine, id),
    listTasks: params => listTasks(engine, params),
    createTask: input => createTask(engine, input),
    updateTask: (id, input) => updateTask(engine, id, input),
    deleteTask: id => deleteTask(engine, id),
    createLog: (task, input) => createLog(engine, task, input),
    updateLog: (id, input) => updateLog(engine, id, input),
    getLog: id => getLog(engine, id),
    getLatestLog: taskId => getLatestLog(engine, taskId),
    listLogs: params => listLogs(engine, params),
    deleteLog: id => deleteLog(engine, id),
    getDefinition: id => engine.definitions.get(id),
    listDefinitions: () => engine.definitions.list(),
    fetchServiceInfo: task => fetchServiceInfo(engine, task),
    ...engine.topics
  };
}

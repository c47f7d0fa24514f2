export { BackgroundTasks } from "./BackgroundTasks.js";
export type {
  ApiSettings,
  BackgroundTasksProps,
  FunctionSettings,
  NetsSettings,
  StateMachineSettings,
  TableSettings
} from "./props.js";

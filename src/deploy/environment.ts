/** What the environment of a function is made from. */
export interface EnvironmentSettings {
  tableName: string;
  stateMachineArn: string;
  retentionDays?: number | string;
  logLevel?: string;
  metricsNamespace?: string;
}

/** The environment variables that the handler reads. */
export function environmentOf(settings: EnvironmentSettings): Record<string, string> {
  const { tableName, stateMachineArn, retentionDays, logLevel, metricsNamespace } = settings;
  return {
    WEBINY_TASKS_TABLE: tableName,
    WEBINY_TASKS_STATE_MACHINE_ARN: stateMachineArn,
    ...(retentionDays === undefined ? {} : { WEBINY_TASKS_RETENTION_DAYS: String(retentionDays) }),
    ...(logLevel === undefined ? {} : { WEBINY_TASKS_LOG_LEVEL: logLevel }),
    ...(metricsNamespace === undefined ? {} : { WEBINY_TASKS_METRICS: metricsNamespace })
  };
}

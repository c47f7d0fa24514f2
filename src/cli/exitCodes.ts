/** What the command ends with. `--help` and the README list them. */
export const EXIT = {
  DONE: 0,
  TASK_NOT_DONE: 1,
  USAGE: 2,
  NO_SERVER: 3,
  REFUSED: 4,
  TIME_OVER: 5,
  INTERRUPTED: 130
} as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0    done; with --wait: the task is a success
  1    with --wait: the task failed or was aborted
  2    the command is used wrongly
  3    the server cannot be reached, or failed
  4    the server refused: no such task, no permission, not allowed
  5    the time of --timeout is over
  130  interrupted`;

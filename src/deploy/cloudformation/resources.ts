import type { CONDITIONS } from "./parameters.js";

/** One resource of a template, before its `${…}` are written in CloudFormation's words. */
export interface Resource {
  Type: string;
  Condition?: keyof typeof CONDITIONS;
  DeletionPolicy?: "Retain" | "Delete";
  UpdateReplacePolicy?: "Retain" | "Delete";
  Properties: Record<string, unknown>;
}
export type Resources = Record<string, Resource>;

/** Stack names are unique in a region; a state machine's name has 80 characters at most. */
export const STATE_MACHINE_NAME = "${AWS::StackName}-tasks";

/** Where the stack is. */
export const PLACE = {
  partition: "${AWS::Partition}",
  region: "${AWS::Region}",
  account: "${AWS::AccountId}",
  stateMachineName: STATE_MACHINE_NAME
};

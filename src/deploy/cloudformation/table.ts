import { tasksTableDescription } from "../../storage/tableDescription.js";
import type { Resources } from "./resources.js";

export function tableResources(): Resources {
  return {
    Table: {
      Type: "AWS::DynamoDB::Table",
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        ...tasksTableDescription,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true }
      }
    }
  };
}

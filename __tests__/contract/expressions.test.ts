import { all, exists, oneOf } from "../../src/storage/conditions.js";
import { conditionExpression, Placeholders, updateExpression } from "../../src/storage/dynamodb/expressions.js";

// What the requests say is proven by the contract; this is what only DynamoDB itself would refuse.
describe("expressions", () => {
  it("name at most 100 values in one IN, which dynalite does not check", () => {
    const values = Array.from({ length: 101 }, (_, i) => i);
    const expression = conditionExpression(oneOf("n", values), new Placeholders());
    expect(expression).toMatch(/^#n0 IN \(:v0, .*, :v99\) OR #n0 IN \(:v100\)$/);
  });

  it("hold no attribute name or value", () => {
    const placeholders = new Placeholders();
    expect(conditionExpression(all(exists("status"), oneOf("name", ["a"])), placeholders)).toBe(
      "attribute_exists(#n0) AND #n1 IN (:v0)"
    );
    const changes = { set: { status: "b" }, setIfMissing: { size: 1 }, remove: ["x"], add: { count: 2 } };
    expect(updateExpression(changes, placeholders)).toBe(
      "SET #n0 = :v1, #n2 = if_not_exists(#n2, :v2) REMOVE #n3 ADD #n4 :v3"
    );
    expect(placeholders.parameters()).toEqual({
      ExpressionAttributeNames: { "#n0": "status", "#n1": "name", "#n2": "size", "#n3": "x", "#n4": "count" },
      ExpressionAttributeValues: { ":v0": "a", ":v1": "b", ":v2": 1, ":v3": 2 }
    });
  });
});

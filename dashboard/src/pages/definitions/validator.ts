import { Validator, type Schema } from "@cfworker/json-schema";
import { toErrorSchema, type RJSFSchema, type RJSFValidationError, type ValidatorType } from "@rjsf/utils";

/** Keywords that only say that something within is wrong; that is reported by itself. */
const OUTER = new Set([
  "properties",
  "items",
  "prefixItems",
  "allOf",
  "anyOf",
  "oneOf",
  "$ref",
  "additionalProperties",
  "if"
]);

/**
 * Checks a form's data without compiling code, which the page's policy forbids (as the form library's usual validator
 * would).
 */
export const validator: ValidatorType = {
  validateFormData(formData: unknown, schema: RJSFSchema) {
    const errors = check(schema, formData);
    return { errors, errorSchema: toErrorSchema(errors) };
  },
  isValid(schema: RJSFSchema, formData: unknown, rootSchema: RJSFSchema) {
    const { $defs, definitions } = rootSchema;
    return check({ $defs, definitions, ...schema }, formData).length === 0;
  },
  rawValidation(schema: RJSFSchema, formData: unknown) {
    return { errors: check(schema, formData) as never[] };
  }
};

function check(schema: RJSFSchema, data: unknown): RJSFValidationError[] {
  const { errors } = new Validator(schema as Schema, "2020-12", false).validate(data ?? {});
  const inner = errors.filter(({ keyword }) => !OUTER.has(keyword));
  return (inner.length > 0 ? inner : errors).map(({ keyword, instanceLocation, error }) => {
    const missing = keyword === "required" ? /property "(.+)"/.exec(error)?.[1] : undefined;
    const path = [
      ...instanceLocation.split("/").slice(1).map(decodeURIComponent),
      ...(missing === undefined ? [] : [missing])
    ];
    return {
      name: keyword,
      property: path.map(part => `.${part}`).join(""),
      message: missing === undefined ? error : "This is needed.",
      stack: error
    };
  });
}

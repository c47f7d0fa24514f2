import "./schemaForm.css";
import { Checkbox, TextInput } from "@mantine/core";
import Form from "@rjsf/mantine";
import {
  ADDITIONAL_PROPERTY_FLAG,
  ariaDescribedByIds,
  buttonId,
  canExpand,
  errorId,
  toErrorSchema,
  type ArrayFieldTitleProps,
  type FieldErrorProps,
  type ObjectFieldTemplateProps,
  type RJSFSchema,
  type TemplatesType,
  type TitleFieldProps,
  type RegistryWidgetsType,
  type UiSchema,
  type WrapIfAdditionalTemplateProps
} from "@rjsf/utils";
import type { ReactNode } from "react";
import type { Json } from "../../api/graphql.js";
import type { Issue } from "./issues.js";
import { validator } from "./validator.js";

interface SchemaFormProps {
  schema: { [key: string]: Json };
  value: { [key: string]: Json };
  issues: Issue[];
  onChange: (value: { [key: string]: Json }) => void;
  onSubmit: (value: { [key: string]: Json }) => Promise<void>;
  above: ReactNode;
  children: ReactNode;
}

const UI: UiSchema = { "ui:options": { label: false } };

/** A form made from a JSON Schema. */
export default function SchemaForm({ schema, value, issues, onChange, onSubmit, above, children }: SchemaFormProps) {
  const extraErrors = toErrorSchema(
    issues.map(({ path, message }) => ({ property: path === "" ? "." : `.${path}`, message, stack: message }))
  );
  return (
    <Form
      className="trigger-form"
      schema={withTitles(schema) as RJSFSchema}
      uiSchema={UI}
      formData={value}
      validator={validator}
      templates={TEMPLATES}
      widgets={WIDGETS}
      extraErrors={extraErrors}
      extraErrorsBlockSubmit={false}
      showErrorList={false}
      noHtml5Validate
      focusOnFirstError
      // They are at their fields.
      onError={() => undefined}
      onChange={({ formData }) => onChange((formData ?? {}) as { [key: string]: Json })}
      onSubmit={({ formData }) => void onSubmit((formData ?? {}) as { [key: string]: Json })}
    >
      {above}
      {children}
    </Form>
  );
}

/** The library's own ones lay out by style elements, which the page's policy forbids. */
const TEMPLATES: Partial<TemplatesType> = {
  ObjectFieldTemplate: ObjectFields,
  TitleFieldTemplate: FieldTitle,
  ArrayFieldTitleTemplate: ({ title }: ArrayFieldTitleProps) => <>{title}</>,
  WrapIfAdditionalTemplate: AdditionalField,
  FieldErrorTemplate: GroupErrors
};

/** The library's own one shows its description as a text above it, larger than the label. */
const WIDGETS: RegistryWidgetsType = { CheckboxWidget: Tick };

/** What is used of a widget's properties; the library types the rest as `any`. */
interface TickProps {
  id: string;
  label: string;
  value?: unknown;
  options: { description?: string };
  schema: { description?: string };
  disabled?: boolean;
  readonly?: boolean;
  onChange(value: boolean): void;
  rawErrors?: string[];
}

function Tick({ id, label, value, options, schema, disabled, readonly, onChange, rawErrors }: TickProps) {
  return (
    <Checkbox
      id={id}
      label={label}
      description={options.description ?? schema.description}
      checked={value === true}
      disabled={disabled === true || readonly === true}
      error={rawErrors?.join("\n")}
      aria-describedby={ariaDescribedByIds(id)}
      onChange={event => onChange(event.currentTarget.checked)}
    />
  );
}

/** "pauseSeconds" is read as "Pause seconds", where the schema says nothing better. */
function withTitles(schema: Json): Json {
  if (Array.isArray(schema)) {
    return schema.map(withTitles);
  }
  if (typeof schema !== "object" || schema === null) {
    return schema;
  }
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) =>
      key === "properties" && typeof value === "object" && value !== null && !Array.isArray(value)
        ? [key, Object.fromEntries(Object.entries(value).map(([name, part]) => [name, titled(name, withTitles(part))]))]
        : [key, key === "default" || key === "examples" || key === "enum" ? value : withTitles(value)]
    )
  );
}

function titled(name: string, schema: Json): Json {
  const words = name.replaceAll(
    /([a-z0-9])([A-Z])/g,
    (_, end: string, start: string) => `${end} ${start.toLowerCase()}`
  );
  return typeof schema === "object" && schema !== null && !Array.isArray(schema)
    ? { title: words.charAt(0).toUpperCase() + words.slice(1), ...schema }
    : schema;
}

function ObjectFields(props: ObjectFieldTemplateProps) {
  const { fieldPathId, title, description, properties, registry, schema, uiSchema } = props;
  const formData: unknown = props.formData;
  const { AddButton } = registry.templates.ButtonTemplates;
  const isInner = fieldPathId.path.length > 0;
  return (
    <div className="form-group-box" id={fieldPathId.$id} role="group" aria-label={title || "Input"}>
      {isInner && title !== "" && <h3>{title}</h3>}
      {description !== undefined && description !== "" && <p className="dim small">{description}</p>}
      {properties
        .filter(({ hidden }) => !hidden)
        .map(({ name, content }) => (
          <div key={name}>{content}</div>
        ))}
      {properties.length === 0 && !isInner && <p className="dim">It takes no input.</p>}
      {canExpand(schema, uiSchema, formData) && (
        <div>
          <AddButton
            id={buttonId(fieldPathId, "add")}
            disabled={props.disabled === true || props.readonly === true}
            onClick={props.onAddProperty}
            uiSchema={uiSchema}
            registry={registry}
          />
        </div>
      )}
    </div>
  );
}

/** A field shows its own errors; a group or list has no other place for them. */
function GroupErrors({ errors = [], schema, fieldPathId }: FieldErrorProps) {
  return errors.length === 0 || (schema.type !== "object" && schema.type !== "array") ? null : (
    <p className="problems" id={errorId(fieldPathId)}>
      {errors.join(" ")}
    </p>
  );
}

function FieldTitle({ id, title, optionalDataControl }: TitleFieldProps) {
  return (
    <div className="row between">
      <h3 id={id}>{title}</h3>
      {optionalDataControl}
    </div>
  );
}

function AdditionalField(props: WrapIfAdditionalTemplateProps) {
  const { id, label, schema, uiSchema, registry, children } = props;
  if (!(ADDITIONAL_PROPERTY_FLAG in schema)) {
    return <div className={props.classNames}>{children}</div>;
  }
  const { RemoveButton } = registry.templates.ButtonTemplates;
  return (
    <div className="form-extra">
      <TextInput label="Key" id={`${id}-key`} key={label} defaultValue={label} onBlur={props.onKeyRenameBlur} />
      <div>{children}</div>
      <RemoveButton
        id={buttonId(id, "remove")}
        onClick={props.onRemoveProperty}
        uiSchema={uiSchema}
        registry={registry}
      />
    </div>
  );
}

import "./schemaForm.css";
import { Title } from "@mantine/core";
import Form from "@rjsf/mantine";
import {
  ADDITIONAL_PROPERTY_FLAG,
  buttonId,
  canExpand,
  toErrorSchema,
  type ObjectFieldTemplateProps,
  type RJSFSchema,
  type TemplatesType,
  type TitleFieldProps,
  type UiSchema,
  type WrapIfAdditionalTemplateProps
} from "@rjsf/utils";
import { TextInput } from "@mantine/core";
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
      schema={schema as RJSFSchema}
      uiSchema={UI}
      formData={value}
      validator={validator}
      templates={TEMPLATES}
      extraErrors={extraErrors}
      extraErrorsBlockSubmit={false}
      showErrorList={false}
      noHtml5Validate
      focusOnFirstError
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
  WrapIfAdditionalTemplate: AdditionalField
};

function ObjectFields(props: ObjectFieldTemplateProps) {
  const { fieldPathId, title, description, properties, registry, schema, uiSchema, formData } = props;
  const { AddButton } = registry.templates.ButtonTemplates;
  const isInner = fieldPathId.path.length > 0;
  return (
    <div className="form-group-box" id={fieldPathId.$id} role="group" aria-label={title || "Input"}>
      {isInner && title !== "" && <h3>{title}</h3>}
      {description !== undefined && description !== "" && <p className="dim small">{description}</p>}
      {properties.filter(({ hidden }) => !hidden).map(({ name, content }) => <div key={name}>{content}</div>)}
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

function FieldTitle({ id, title, optionalDataControl }: TitleFieldProps) {
  return (
    <div className="row between">
      <Title id={id} order={3}>
        {title}
      </Title>
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

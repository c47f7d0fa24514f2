import { Button, NumberInput, Skeleton, TextInput } from "@mantine/core";
import { Play } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { ApiError } from "../../api/ApiError.js";
import type { Json } from "../../api/graphql.js";
import { triggerTask, type Definition } from "../../api/queries.js";
import { goTo, hrefOf } from "../../router.js";
import { JsonInput } from "./JsonInput.js";
import { issuesOf, type Issue } from "./issues.js";

// The form library is larger than the rest of the page.
const SchemaForm = lazy(() => import("./SchemaForm.js"));

/** Longest delay, in seconds: 355 days. */
const MAX_DELAY = 355 * 24 * 60 * 60;

interface Input {
  [key: string]: Json;
}

/** Asks for an input by the definition's schema, or as JSON; what the server refuses stands at the field it is about. */
export function TriggerForm({ definition, input }: { definition: Definition; input: Json }) {
  const { id, title, inputSchema } = definition;
  const schema = isObject(inputSchema) ? inputSchema : null;
  const [value, setValue] = useState<Input>(isObject(input) ? input : {});
  const [asJson, setAsJson] = useState(schema === null);
  const [name, setName] = useState("");
  const [delay, setDelay] = useState<number | string>("");
  const [isSending, setSending] = useState(false);
  const [issues, setIssues] = useState<Issue[]>([]);
  const [problem, setProblem] = useState<string | null>(null);

  const send = async (given: Input) => {
    setSending(true);
    setIssues([]);
    setProblem(null);
    try {
      const task = await triggerTask({
        definition: id,
        input: given,
        name: name.trim() || undefined,
        delay: typeof delay === "number" && delay > 0 ? delay : undefined
      });
      goTo(hrefOf(["tasks", task.id]));
    } catch (error) {
      setIssues(issuesOf(error));
      // Also when it is shown at its fields: one of them may not be in the form.
      setProblem(error instanceof ApiError ? `${error.message} (${error.code})` : String(error));
      setSending(false);
    }
  };

  const how = (
    <div className="trigger-how">
      <TextInput
        label="Name"
        placeholder={title}
        value={name}
        maxLength={256}
        onChange={event => setName(event.currentTarget.value)}
      />
      <NumberInput
        label="Delay in seconds"
        placeholder="0"
        min={0}
        max={MAX_DELAY}
        allowDecimal={false}
        value={delay}
        onChange={setDelay}
      />
    </div>
  );
  const foot = (
    <>
      {problem !== null && (
        <p className="problems" role="alert">
          {problem}
        </p>
      )}
      <div className="row between wrap">
        {schema === null ? (
          <span />
        ) : (
          <Button variant="subtle" size="compact-sm" onClick={() => setAsJson(!asJson)}>
            {asJson ? "As a form" : "As JSON"}
          </Button>
        )}
        <Button type="submit" loading={isSending} leftSection={<Play size={15} />}>
          Trigger
        </Button>
      </div>
    </>
  );

  return schema === null || asJson ? (
    <JsonInput value={value} issues={issues} onChange={setValue} onSubmit={send} above={how}>
      {foot}
    </JsonInput>
  ) : (
    <Suspense fallback={<Skeleton height={220} />}>
      <SchemaForm schema={schema} value={value} issues={issues} onChange={setValue} onSubmit={send} above={how}>
        {foot}
      </SchemaForm>
    </Suspense>
  );
}

const isObject = (value: Json): value is Input => typeof value === "object" && value !== null && !Array.isArray(value);

import type { TaskTopics, Topic } from "../definition/TaskDefinition.js";

/** A topic with its publishing side, which users do not see. */
export interface PublishedTopic<T> extends Topic<T> {
  publish(payload: T): Promise<void>;
}

type PayloadOf<T> = T extends Topic<infer P> ? P : never;
export type PublishedTopics = { [K in keyof TaskTopics]: PublishedTopic<PayloadOf<TaskTopics[K]>> };

export function createTopics(): PublishedTopics {
  return {
    onTaskBeforeCreate: createTopic(),
    onTaskAfterCreate: createTopic(),
    onTaskBeforeUpdate: createTopic(),
    onTaskAfterUpdate: createTopic(),
    onTaskBeforeDelete: createTopic(),
    onTaskAfterDelete: createTopic()
  };
}

function createTopic<T>(): PublishedTopic<T> {
  const subscribers = new Set<(payload: T) => void | Promise<void>>();
  return {
    subscribe(subscriber) {
      subscribers.add(subscriber);
      return () => {
        subscribers.delete(subscriber);
      };
    },
    async publish(payload) {
      for (const subscriber of subscribers) {
        await subscriber(payload);
      }
    }
  };
}

import type { Values } from '../parameters/schema.ts';

/** A resource of a CloudFormation template. */
export interface Resource {
  Type: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string | string[];
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties, one shape per resource type
  Properties: Record<string, any>;
}
/** What is deployed: the template as the framework compiled it, and what was asked for. */
export interface Compiled {
  template: { Resources: Record<string, Resource>; Outputs?: Record<string, { Value: unknown }> };
  values: Values;
  stage: string;
  /** The dimension of the gateway's metrics. */
  service: string;
}

/** The resources of a type, with their logical ids. */
export function ofType({ template }: Compiled, type: string): [id: string, resource: Resource][] {
  return Object.entries(template.Resources).filter(([, { Type }]) => Type === type);
}

/** Adds resources. Throws where one is there already. */
export function add({ template }: Compiled, resources: Record<string, Resource>): void {
  for (const [id, resource] of Object.entries(resources)) {
    if (template.Resources[id]) throw new Error(`the stack has ${id} twice`);
    template.Resources[id] = resource;
  }
}

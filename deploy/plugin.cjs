const { globSync, readFileSync } = require('node:fs');

/**
 * The framework itself takes any parameter: it passes over a name that it does not know, and a value that some function cannot read is found
 * out by its callers. This plugin checks all of them before anything is packaged.
 */
module.exports = class {
  constructor(serverless) {
    // The Node that npx takes is that of node_modules, and reads TypeScript.
    if (!process.features.typescript) throw new serverless.classes.Error('run it as npx serverless, in the checkout after npm ci');
    const { checkParameters } = require('./parameters/check.ts');
    const check = () => {
      const { mistakes, values } = checkParameters(deploymentOf(serverless));
      if (mistakes.length > 0)
        throw new serverless.classes.Error(`The parameters have mistakes:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
      return values;
    };
    if (!serverless.processedInput.isHelpRequest) check();
    this.hooks = {
      initialize: () => {
        // Once more with what variables of the framework's own (${env:}, ${ssm:}) said.
        const values = check();
        // Even without any, tags have the framework look after the stage, which is ours.
        if (values.tags) serverless.service.provider.stackTags = tagsOf(values);
        takeRetainedIn(serverless);
      },
      'before:aws:package:finalize:saveServiceState': () => complete(serverless, check()),
    };
  }
};

/** The template with all that the parameters ask for. */
function complete({ service }, values) {
  const { completeTemplate } = require('./template/complete.ts');
  const { stage, compiledCloudFormationTemplate: template } = service.provider;
  completeTemplate({ template, values, stage, service: `${service.service}-${stage}` });
}

/** CloudFormation puts a stack's tags on all that it makes. */
function tagsOf({ tags }) {
  return Object.fromEntries(tags.split(',').map((tag) => tag.trim().split(/=(.*)/s)));
}

/** Logs keep their names when a stack is removed, and stay; the next stack takes them in again instead of failing to make them. */
function takeRetainedIn({ pluginManager }) {
  for (const plugin of pluginManager.plugins) {
    const { getCreateChangeSetParams } = plugin;
    if (!getCreateChangeSetParams) continue;
    plugin.getCreateChangeSetParams = (...args) => ({ ...getCreateChangeSetParams.apply(plugin, args), ImportExistingResources: true });
  }
}

/** What is about to be deployed, as deploy/parameters/check.ts takes it. */
function deploymentOf({ configurationInput: { params = {}, provider }, processedInput: { options, commands } }) {
  const stage = options.stage ?? provider.stage;
  return {
    options: options.param ?? [],
    defaults: params.default ?? {},
    ofStage: params[stage] ?? {},
    stage,
    region: options.region ?? provider.region,
    // Nothing of what is built here matters to a roll back, or to a stack that is removed.
    ...(['package', 'deploy', 'deploy function'].includes(commands.join(' ')) && builtWith()),
  };
}

/** What decides beside the parameters. What is deployed is what was built, whatever is in policies/ by now. */
function builtWith() {
  // Of one build all are the same.
  const [file] = globSync('dist/*/policies.json');
  if (!file) return { hasRbac: false };
  const { roles, clusterRoles, roleBindings, clusterRoleBindings, auditPolicies } = JSON.parse(readFileSync(file, 'utf8'));
  const hasRbac = [roles, clusterRoles, roleBindings, clusterRoleBindings].some((list) => list.length > 0);
  return { hasRbac, auditPolicy: auditPolicies[0] };
}

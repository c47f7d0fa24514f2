export {
  exploreFaults,
  runSchedule,
  type ExploreOptions,
  type Failure,
  type Scenario,
  type ScenarioReport
} from "./exploreFaults.js";
export { FAULTS, type Effect, type EffectKind, type Fault, type PlannedFault } from "./faults.js";
export { Simulation, type Call, type Caller, type SimulatedTasks, type SimulationOptions } from "./Simulation.js";
export { VirtualClock } from "./VirtualClock.js";
export { MemoryStorage } from "../storage/memory/MemoryStorage.js";

using System.Text.Json.Serialization;

namespace CimStore.Cli.Json;

/// <summary>Generated, so that no reflection is needed to print.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredJson))]
[JsonSerializable(typeof(TreeJson))]
[JsonSerializable(typeof(CidPathJson))]
[JsonSerializable(typeof(FailedItemJson))]
[JsonSerializable(typeof(ListedJson))]
[JsonSerializable(typeof(ObjectJson))]
[JsonSerializable(typeof(RemovedJson))]
[JsonSerializable(typeof(VerifiedJson))]
[JsonSerializable(typeof(ExplainedJson))]
[JsonSerializable(typeof(NameJson))]
[JsonSerializable(typeof(StatusJson))]
[JsonSerializable(typeof(ImportedJson))]
[JsonSerializable(typeof(ExportedJson))]
[JsonSerializable(typeof(FindingJson))]
[JsonSerializable(typeof(BenchJson))]
[JsonSerializable(typeof(CollectedJson))]
[JsonSerializable(typeof(Engine.CycleResult))]
[JsonSerializable(typeof(CopiesJson))]
[JsonSerializable(typeof(HealedJson))]
[JsonSerializable(typeof(PlannedMoveJson))]
[JsonSerializable(typeof(VersionJson))]
[JsonSerializable(typeof(ServingJson))]
[JsonSerializable(typeof(BoundLocationJson))]
[JsonSerializable(typeof(BoundRulesJson))]
[JsonSerializable(typeof(ConfigurationFindingJson))]
[JsonSerializable(typeof(PolicyJson))]
[JsonSerializable(typeof(SimulatedPeriodJson))]
[JsonSerializable(typeof(SimulatedPolicyJson))]
[JsonSerializable(typeof(RuleFindingJson))]
[JsonSerializable(typeof(TranslatedJson))]
[JsonSerializable(typeof(DeadLetterJson))]
[JsonSerializable(typeof(DeadLetterDoneJson))]
[JsonSerializable(typeof(ToldJson))]
[JsonSerializable(typeof(ErrorJson))]
internal sealed partial class CliJson : JsonSerializerContext;

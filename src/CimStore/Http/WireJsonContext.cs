using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CimStore.Engine;
using CimStore.Objects;

namespace CimStore.Http;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(StoreResult))]
[JsonSerializable(typeof(DeleteResult))]
[JsonSerializable(typeof(CopiesResult))]
[JsonSerializable(typeof(VerifyResult))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(ObjectRecord))]
[JsonSerializable(typeof(NameRecord))]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(WireTypes.ObjectPage))]
[JsonSerializable(typeof(WireTypes.NamePage))]
[JsonSerializable(typeof(WireTypes.NameHistoryPage))]
[JsonSerializable(typeof(WireTypes.NameTarget))]
[JsonSerializable(typeof(WireTypes.BatchReply))]
[JsonSerializable(typeof(WireTypes.BatchGetRequest))]
[JsonSerializable(typeof(WireTypes.UploadState))]
[JsonSerializable(typeof(WireTypes.CheckLine))]
[JsonSerializable(typeof(JobArguments))]
[JsonSerializable(typeof(JobRecord))]
[JsonSerializable(typeof(LocationReport))]
[JsonSerializable(typeof(WireTypes.JobList))]
[JsonSerializable(typeof(WireTypes.LocationList))]
[JsonSerializable(typeof(WireTypes.TierList))]
[JsonSerializable(typeof(WireTypes.CopyList))]
[JsonSerializable(typeof(WireTypes.DebtList))]
[JsonSerializable(typeof(WireTypes.ForeignAcknowledgement))]
[JsonSerializable(typeof(WireTypes.DeadLetterPage))]
[JsonSerializable(typeof(WireTypes.DeadLetterReply))]
[JsonSerializable(typeof(WireTypes.VersionReply))]
[JsonSerializable(typeof(WireTypes.HealthReply))]
[JsonSerializable(typeof(WireTypes.UsageReply))]
internal sealed partial class WireJsonContext : JsonSerializerContext;

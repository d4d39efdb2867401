using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace CimStore.Journal;

[JsonSerializable(typeof(JsonObject))]
internal sealed partial class EnvelopeJsonContext : JsonSerializerContext;

using System.Text.Json.Serialization;

namespace CimStore.Server.Uploads;

/// <summary>The values have the form that they have on the wire.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(UploadTerms))]
internal sealed partial class UploadJson : JsonSerializerContext;

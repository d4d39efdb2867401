using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CimStore.Engine;
using CimStore.Locations;
using CimStore.Objects;

namespace CimStore.Http;

/// <summary>The one JSON form that the node and the client share: camel case, enums by name, ids as text.</summary>
public static class WireJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T));

    /// <summary>Makes another serializer (the host's) speak this form.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = false;
        WireConverters.AddTo(options.Converters);
        AddEnums(options.Converters);
        options.TypeInfoResolverChain.Insert(0, WireJsonContext.Default.WithAddedModifier(Shape));
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions();
        Configure(options);
        options.MakeReadOnly();
        return options;
    }

    private static void AddEnums(IList<JsonConverter> converters)
    {
        converters.Add(new JsonStringEnumConverter<AccessPattern>());
        converters.Add(new JsonStringEnumConverter<ConsistencyLevel>());
        converters.Add(new JsonStringEnumConverter<CopyState>());
        converters.Add(new JsonStringEnumConverter<DataClass>());
        converters.Add(new JsonStringEnumConverter<DurabilityClass>());
        converters.Add(new JsonStringEnumConverter<JobKind>());
        converters.Add(new JsonStringEnumConverter<JobState>());
        converters.Add(new JsonStringEnumConverter<LocationState>());
        converters.Add(new JsonStringEnumConverter<StorageTier>());
    }

    private static void Shape(JsonTypeInfo type)
    {
        // Readers of the API look for the CID; that the key has a domain beside it is rarely of interest.
        foreach (var property in type.Properties)
        {
            if (property.PropertyType == typeof(ContentKey) || property.PropertyType == typeof(ContentKey?))
            {
                property.Name = property.Name == "key" ? "cid" : property.Name;
            }
        }
    }
}

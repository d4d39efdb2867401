using System.Reflection;
using System.Text.Json;
using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

/// <summary>The reader, the schema, the page and the options name the same keys.</summary>
public sealed class ConfigurationSchemaTests
{
    private static readonly JsonDocumentOptions Lenient = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
    };

    private static readonly JsonElement Schema = JsonElement.Parse(ConfigurationSchema.Text());

    /// <summary>Each object: its keys, where the schema has it, and the headings of the page with its tables.</summary>
    public static TheoryData<string, string[], string, string[]> Objects => new()
    {
        { "tiers", [.. ConfigurationKeys.Tiers], "", ["Top level"] },
        { "server", [.. ConfigurationKeys.Server], "", ["Server"] },
        { "limits", [.. ConfigurationKeys.Limits], "limits", ["Limits"] },
        { "log", [.. ConfigurationKeys.Log], "log", ["Log"] },
        { "pool", [.. ConfigurationKeys.Pool], "pool", ["Log", "Pool"] },
        { "poolDirectory", [.. ConfigurationKeys.PoolDirectory], "poolDirectory", ["Directories of a pool"] },
        { "directory", [.. ConfigurationKeys.Directory], "directory", ["Log", "Directory"] },
        { "s3", [.. ConfigurationKeys.Bucket], "s3", ["Log", "S3"] },
        { "jetstream", [.. ConfigurationKeys.JetStream], "jetstream", ["Log", "JetStream"] },
        { "cluster", [.. ConfigurationKeys.Cluster], "cluster", ["Cluster"] },
        { "credentials", [.. ConfigurationKeys.Credentials], "credentials", ["Credentials"] },
        { "objectLock", [.. ConfigurationKeys.ObjectLock], "objectLock", ["Object lock"] },
        { "labels", [.. ConfigurationKeys.Labels], "labels", ["Labels"] },
        { "cost", [.. ConfigurationKeys.Cost], "cost", ["Cost"] },
        { "placement", [.. ConfigurationKeys.Placement], "/placement", ["Placement"] },
        { "background", [.. ConfigurationKeys.Background], "/background", ["Background"] },
        { "space", [.. ConfigurationKeys.Space], "/space", ["Space"] },
        { "nats", [.. ConfigurationKeys.Nats], "/nats", ["Nats"] },
    };

    [Theory]
    [MemberData(nameof(Objects))]
    public void Every_key_is_in_the_schema_and_on_the_page(
        string name, string[] keys, string definition, string[] headings)
    {
        var inSchema = PropertiesOf(definition).EnumerateObject().Where(IsCurrent).Select(property => property.Name);
        var all = name is "tiers" or "server"
            ? ConfigurationKeys.Tiers.Concat(ConfigurationKeys.Server)
            : keys;

        Assert.Equal(all.Order(StringComparer.Ordinal), inSchema.Order(StringComparer.Ordinal));
        Assert.Equal(
            keys.Order(StringComparer.Ordinal),
            headings.SelectMany(KeysUnder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_keys_of_the_server_are_those_of_its_options()
    {
        Assert.Equal(Settable(typeof(ServerOptions)), ConfigurationKeys.Server.Order(StringComparer.Ordinal));
        Assert.Equal(Settable(typeof(ServerLimits)), ConfigurationKeys.Limits.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("limits")]
    public void The_schema_still_knows_the_keys_of_the_server_as_they_were_written(string definition)
    {
        var old = PropertiesOf(definition).EnumerateObject().Where(property => !IsCurrent(property))
            .Select(property => property.Name);
        var keys = definition.Length == 0 ? ConfigurationKeys.Server : ConfigurationKeys.Limits;

        Assert.Equal(
            keys.Select(key => char.ToUpperInvariant(key[0]) + key[1..]).Order(StringComparer.Ordinal),
            old.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_object_of_the_schema_refuses_unknown_keys()
    {
        Assert.All(["", .. Schema.GetProperty("$defs").EnumerateObject().Select(property => property.Name)], name =>
        {
            if (Definition(name).TryGetProperty("properties", out _))
            {
                Assert.False(Definition(name).GetProperty("additionalProperties").GetBoolean());
            }
        });
    }

    [Fact]
    public void The_example_of_the_page_is_valid_and_warns_of_nothing()
    {
        var example = JsonElement.Parse(Configured.Example(), Lenient);

        Assert.Empty(new JsonSchemaSubset(Schema).Validate(example));
        Assert.Empty(Configured.Read(Configured.Example()).Warnings);
    }

    /// <summary>What an editor marks and what the node refuses is the same, as far as a schema can say it.</summary>
    [Theory]
    [InlineData("{ \"locations\": [] }")]
    [InlineData("{ \"locations\": [{ \"id\": \"hot\", \"kind\": \"log\" }] }")]
    [InlineData("{ \"locations\": [{ \"id\": \"Hot\", \"kind\": \"log\", \"tier\": \"hot\" }] }")]
    [InlineData("{ \"locations\": [{ \"id\": \"hot\", \"kind\": \"log\", \"tier\": \"warm\" }] }")]
    [InlineData("{ \"locations\": [{ \"id\": \"hot\", \"kind\": \"log\", \"tier\": \"hot\", \"path\": \"/x\" }] }")]
    [InlineData("{ \"locations\": [{ \"id\": \"c\", \"kind\": \"directory\", \"tier\": \"cold\", \"path\": \"/\" }] }")]
    [InlineData("{ \"placement\": { \"strategy\": \"best\" } }")]
    [InlineData("{ \"background\": { \"cycle\": \"1w\" } }")]
    [InlineData("{ \"background\": { \"movesAtOnceMax\": 0 } }")]
    [InlineData("{ \"background\": { \"bytesPerSecondMax\": \"1 MiB\" } }")]
    [InlineData("{ \"limits\": { \"feedsMax\": 0 } }")]
    [InlineData("{ \"space\": { \"fillShareMax\": 1.5 } }")]
    [InlineData("{ \"space\": { \"fillShareMax\": 95 } }")]
    [InlineData("{ \"space\": { \"fillShareResumed\": 0 } }")]
    [InlineData("{ \"collectInterval\": \"soon\" }")]
    [InlineData("{ \"nats\": {} }")]
    [InlineData("{ \"nats\": { \"servers\": [] } }")]
    [InlineData("{ \"nats\": { \"servers\": [\"http://here\"] } }")]
    [InlineData("{ \"nats\": { \"servers\": [\"nats://here\"], \"tokenReference\": \"secret\" } }")]
    [InlineData("{ \"nats\": { \"servers\": [\"nats://here\"], \"profile\": \"mine\" } }")]
    [InlineData("{ \"nats\": { \"servers\": [\"nats://here\"], \"module\": \"a.b\" } }")]
    [InlineData("{ \"listne\": [] }")]
    public void What_the_schema_refuses_the_reader_refuses(string json)
    {
        Assert.NotEmpty(new JsonSchemaSubset(Schema).Validate(JsonElement.Parse(json)));
        Assert.Throws<ConfigurationException>(() => Configured.Read(json));
    }

    [Fact]
    public void The_words_of_the_schema_are_those_of_the_reader()
    {
        var log = PropertiesOf("directory");

        Assert.Equal(ConfigurationWords.Media.Select(word => word.Word), Words(log.GetProperty("medium")));
        Assert.Equal(ConfigurationWords.Tiers.Select(word => word.Word), Words(log.GetProperty("tier")));
        Assert.Equal(ConfigurationWords.States.Select(word => word.Word), Words(log.GetProperty("state")));
        Assert.Equal(ConfigurationWords.Compressions.Select(word => word.Word), Words(log.GetProperty("compression")));
        Assert.Equal(
            ConfigurationWords.Capabilities.Select(word => word.Word),
            Words(log.GetProperty("capabilities").GetProperty("items")));
        var bucket = PropertiesOf("s3");
        Assert.Equal(ConfigurationWords.Profiles.Select(word => word.Word), Words(bucket.GetProperty("profile")));
        Assert.Equal(ConfigurationWords.Encryptions.Select(word => word.Word), Words(bucket.GetProperty("encryption")));
        var placement = PropertiesOf("/placement");
        Assert.Equal(
            ConfigurationWords.Levels.Select(word => word.Word), Words(placement.GetProperty("failureDomain")));
        Assert.Equal(ConfigurationWords.Strategies.Select(word => word.Word), Words(placement.GetProperty("strategy")));
        Assert.Equal(
            ConfigurationWords.Classes.Select(word => word.Word).Append(null),
            Words(placement.GetProperty("defaultClass")));
    }

    private static IEnumerable<string?> Words(JsonElement property) =>
        property.GetProperty("enum").EnumerateArray().Select(word => word.GetString());

    private static bool IsCurrent(JsonProperty property) => !property.Value.TryGetProperty("deprecated", out _);

    private static JsonElement Definition(string name) => name switch
    {
        "" => Schema,
        ['/', ..] => Schema.GetProperty("properties").GetProperty(name[1..]),
        _ => Schema.GetProperty("$defs").GetProperty(name),
    };

    private static JsonElement PropertiesOf(string name) => Definition(name).GetProperty("properties");

    /// <summary>The first cells of the table under a heading of the page.</summary>
    private static IEnumerable<string> KeysUnder(string heading) =>
        File.ReadLines(Path.Combine(Configured.Documents(), "configuration.md"))
            .SkipWhile(line => line.TrimStart('#') != " " + heading).Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]);

    private static IEnumerable<string> Settable(Type options) =>
        options.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.CanWrite)
            .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..])
            .Order(StringComparer.Ordinal);
}

using System.Text.Json;
using CimStore.Nats.Commands;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

/// <summary>The schemas of commands say what the service takes: all of it, and nothing else.</summary>
public sealed class CommandSchemaTests
{
    public static TheoryData<string> Verbs => [.. CommandVerb.All.Select(static verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    [Trait("row", "G1")]
    public void A_schema_has_the_members_that_the_reader_knows(string name)
    {
        var verb = CommandVerb.All.Single(one => one.Name == name);
        using var schema = JsonDocument.Parse(File.ReadAllBytes(
            Path.Combine(Root(), "docs", "schemas", "commands", name + ".json")));

        var root = schema.RootElement;
        Assert.Equal(
            verb.Members.Concat(CommandVerb.Common).Order(),
            root.GetProperty("properties").EnumerateObject().Select(one => one.Name).Order());
        Assert.False(root.GetProperty("additionalProperties").GetBoolean());
        Assert.StartsWith(
            "https://schemas.cim.ai/", root.GetProperty("$id").GetString(), StringComparison.Ordinal);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("No CimStore.slnx above the test binary.");
    }
}

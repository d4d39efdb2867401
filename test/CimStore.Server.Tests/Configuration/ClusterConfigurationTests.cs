using CimStore.Server.Configuration;
using Xunit;

namespace CimStore.Server.Tests.Configuration;

public sealed class ClusterConfigurationTests
{
    private const string Hot = """{ "id": "hot", "kind": "jetstream", "tier": "hot", "replicas": 3 }""";

    [Fact]
    public void Nodes_of_a_cluster_share_a_journal_and_need_no_log()
    {
        var node = Read("\"replicas\": 3, \"stream\": \"J\", \"subjectPrefix\": \"j.x\", \"leaseTerm\": \"5s\"", Hot);

        var cluster = node.Tiers.Cluster!;
        Assert.Equal("J", cluster.Journal.Stream);
        Assert.Equal("j.x", cluster.Journal.SubjectPrefix);
        Assert.Equal(3, cluster.Journal.Replicas);
        Assert.Equal(TimeSpan.FromSeconds(5), cluster.LeaseTerm);
        Assert.Same(node.Nats, cluster.Nats);
        var home = Assert.IsType<LocationConfiguration.JetStreamBuckets>(node.Tiers.Home);
        Assert.Equal(("hot-values", "hot-content", 3), (home.ValuesBucket, home.ObjectsBucket, home.Replicas));
    }

    [Theory]
    [InlineData("\"replicas\": 2", Hot, "with 2 the loss of either stops writing")]
    [InlineData("\"subjectPrefix\": \"events.mine\"", Hot, "outside of events, commands and reads")]
    [InlineData("", """{ "id": "hot", "kind": "log", "tier": "hot" }""", "is one machine's")]
    [InlineData(
        "", """{ "id": "c", "kind": "directory", "tier": "cold", "path": "/mnt/c" }""", "is one machine's")]
    [InlineData(
        "",
        """
        { "id": "c", "kind": "s3", "tier": "cold", "bucket": "b-1",
          "credentials": { "accessKeyEnv": "A", "secretKeyEnv": "S" } }
        """,
        "The first location takes new content")]
    public void What_cannot_be_shared_is_refused(string cluster, string location, string why)
    {
        var refused = Assert.Throws<ConfigurationException>(() => Read(cluster, location));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_by_itself_has_its_log()
    {
        var refused = Assert.Throws<ConfigurationException>(() => ConfigurationFile.Parse(
            "/x/node.json", System.Text.Encoding.UTF8.GetBytes($$"""{ "locations": [{{Hot}}] }"""),
            static _ => null));

        Assert.Contains("No location has the kind log", refused.Message, StringComparison.Ordinal);
    }

    private static NodeConfiguration Read(string cluster, string location) => ConfigurationFile.Parse(
        "/x/node.json",
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            { "nats": { "servers": ["nats://127.0.0.1:4222"], "cluster": { {{cluster}} } },
              "locations": [{{location}}] }
            """),
        static _ => null);
}

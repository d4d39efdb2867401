using System.Collections.Immutable;
using CimStore.Locations;
using CimStore.Nats.Provisioning;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.JetStream.Models;
using Xunit;

namespace CimStore.Adapters.Tests.Nats;

[Trait("row", "D14")]
public sealed class ProvisionerTests(NatsFixture fixture) : IClassFixture<NatsFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Provisioner Subject => new(fixture.Link, TimeProvider.System, NullLogger.Instance);

    [Fact]
    public async Task The_streams_of_the_installation_are_made_once_and_then_found()
    {
        foreach (var wanted in new[] { ReadyStreams.Events(1), ReadyStreams.Reads(1) })
        {
            var made = await Subject.EnsureAsync(wanted, Token);
            var again = await Subject.EnsureAsync(wanted, Token);

            Assert.Equal(ProvisionVerdict.Made, made.Verdict);
            Assert.Equal(ProvisionVerdict.Unchanged, again.Verdict);
        }

        var config = await ConfigOfAsync("CIM-EVENTS");
        Assert.Equal(["events.>"], config.Subjects);
        Assert.Equal(10_000_000, config.MaxMsgs);
        Assert.Equal(TimeSpan.FromDays(30), config.MaxAge);
        Assert.Equal(1 << 20, config.MaxMsgSize);
        Assert.Equal(StreamConfigDiscard.Old, config.Discard);
        Assert.Equal(StreamConfigStorage.File, config.Storage);
    }

    [Fact]
    public async Task A_metadata_bucket_is_made_without_direct_get_and_a_content_bucket_with_it()
    {
        await Subject.EnsureAsync(new KeyValueDescription { Bucket = "names", HoldsMetadata = true }, Token);
        await Subject.EnsureAsync(new KeyValueDescription { Bucket = "small" }, Token);
        await Subject.EnsureAsync(new ObjectBucketDescription { Bucket = "large", MaxBytes = 1L << 30 }, Token);

        Assert.False((await ConfigOfAsync("KV_names")).AllowDirect);
        Assert.True((await ConfigOfAsync("KV_small")).AllowDirect);
        var objects = await ConfigOfAsync("OBJ_large");
        Assert.Equal((1L << 30, true, TimeSpan.Zero), (objects.MaxBytes, objects.AllowRollupHdrs, objects.MaxAge));
    }

    [Fact]
    public void Two_replicas_and_a_stream_on_commands_are_refused_with_the_reason()
    {
        var two = Assert.Throws<ArgumentException>(() => ReadyStreams.Events(2));
        var commands = Assert.Throws<ArgumentException>(
            () => new StreamDescription { Name = "all", Subjects = ["commands.storage.>"] });

        Assert.Contains("losing either stops writes", two.Message, StringComparison.Ordinal);
        Assert.Contains("commands.>", commands.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new StreamDescription { Name = "all", Subjects = [">"] });
    }

    [Fact]
    public async Task What_the_servers_version_would_drop_is_refused_or_left_out_and_said()
    {
        if (fixture.Link.Server.Has(CimStore.Nats.ServerFeature.StreamMetadata))
        {
            Assert.Skip("This nats-server has metadata and compression.");
        }

        var wanted = new StreamDescription
        {
            Name = "noted",
            Subjects = ["noted.>"],
            IsCompressed = true,
            Metadata = ImmutableSortedDictionary<string, string>.Empty.Add("owner", "cim"),
        };

        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await Subject.EnsureAsync(wanted, Token));
        var weaker = await Subject.EnsureAsync(wanted with { LeavesOutWhatTheServerLacks = true }, Token);

        Assert.Contains("'compression'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("2.10", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, weaker.Degradations.Length);
        Assert.Contains("'metadata' is left out", weaker.Degradations[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_server_made_of_it_is_compared_field_by_field()
    {
        if (fixture.Link.Server.Has(CimStore.Nats.ServerFeature.StreamMetadata))
        {
            Assert.Skip("This nats-server has metadata and compression.");
        }

        var wanted = new StreamConfig("echo", ["echo.>"])
        {
            Compression = StreamConfigCompression.S2,
            Metadata = new Dictionary<string, string> { ["owner"] = "cim" },
            DuplicateWindow = TimeSpan.FromMinutes(2),
            NumReplicas = 1,
        };

        var echoed = (await fixture.Link.JetStream.CreateStreamAsync(wanted, Token)).Info.Config;

        var differences = StreamSettings.Compare(wanted, echoed);
        Assert.Equal(["compression", "metadata.owner"], differences.Select(one => one.Field));
        Assert.Equal("metadata.owner: wanted cim, got ", differences[1].ToString());
    }

    [Fact]
    public async Task A_safe_difference_is_mended_and_another_is_refused_by_name()
    {
        var wanted = new StreamDescription { Name = "grow", Subjects = ["grow.>"], MaxMessages = 1000 };
        await Subject.EnsureAsync(wanted, Token);

        var grown = await Subject.EnsureAsync(
            wanted with { MaxMessages = 2000, Subjects = ["grow.>", "more.>"] }, Token);
        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await Subject.EnsureAsync(
                wanted with { MaxMessages = 10, Storage = StreamStorage.Memory }, Token));

        Assert.Equal(ProvisionVerdict.Updated, grown.Verdict);
        Assert.Contains("max_msgs: wanted 10, got 2000", failure.Message, StringComparison.Ordinal);
        Assert.Contains("storage: wanted Memory, got File", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2000, (await ConfigOfAsync("grow")).MaxMsgs);
    }

    [Fact]
    public async Task What_was_made_and_is_gone_is_not_made_again_until_an_operator_says_so()
    {
        var wanted = new ObjectBucketDescription { Bucket = "lost" };
        await Subject.EnsureAsync(wanted, Token);
        await fixture.Link.JetStream.DeleteStreamAsync("OBJ_lost", Token);

        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await Subject.EnsureAsync(wanted, Token));
        await Subject.ForgetAsync("OBJ_lost", Token);
        var made = await Subject.EnsureAsync(wanted, Token);

        Assert.Equal(LocationFault.Offline, failure.Fault);
        Assert.Contains("is gone", failure.Message, StringComparison.Ordinal);
        Assert.Contains("nats kv purge cimstore-provisioned OBJ_lost", failure.Message, StringComparison.Ordinal);
        Assert.Equal(ProvisionVerdict.Made, made.Verdict);
    }

    [Fact]
    public async Task More_replicas_than_servers_are_refused_by_the_server_and_its_words_are_passed_on()
    {
        var failure = await Assert.ThrowsAsync<LocationException>(
            async () => await Subject.EnsureAsync(
                new ObjectBucketDescription { Bucket = "three", Replicas = 3 }, Token));

        Assert.Contains("10074", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "D15")]
    public async Task Lint_finds_content_that_ages_and_a_mirror_that_never_syncs()
    {
        await fixture.Link.JetStream.CreateStreamAsync(
            new StreamConfig("OBJ_aging", ["$O.aging.C.>", "$O.aging.M.>"]) { MaxAge = TimeSpan.FromDays(365) }, Token);
        var mirror = new StreamConfig
        {
            Name = "OBJ_abroad",
            Mirror = new StreamSource { Name = "OBJ_aging", External = new() { Api = "s3://bucket", Deliver = "x" } },
        };

        var findings = StreamLint.FindingsOf(mirror).ToList();
        findings.AddRange(await Subject.LintAsync(Token).ToListAsync(Token));

        Assert.Contains(findings, finding => finding.Contains("never syncs", StringComparison.Ordinal));
        Assert.Contains(
            findings, finding => finding.StartsWith("Stream OBJ_aging: max_age of 365", StringComparison.Ordinal));
    }

    private async Task<StreamConfig> ConfigOfAsync(string stream) =>
        (await fixture.Link.JetStream.GetStreamAsync(stream, cancellationToken: Token)).Info.Config;
}

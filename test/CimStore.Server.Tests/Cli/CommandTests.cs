using System.Security.Cryptography;
using System.Text;
using CimStore.Objects;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>
/// Every command, once on a data directory and once through a node: the same output, the same exit codes.
/// </summary>
[Trait("row", "J1")]
public abstract class CommandTests : IAsyncLifetime
{
    private const string Absent = "bafkr4iei6mhcn2uxj64n5e54d4pdri4ignuej5mtym3fahq46umoxg6xfa";

    protected Cimstore Program { get; } = new();

    public abstract ValueTask InitializeAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task What_is_put_is_listed_described_and_read_back()
    {
        var content = RandomNumberGenerator.GetBytes(3_000_000);
        var large = Program.Write("large", content);
        var small = Program.Write("small", "hello\n");
        var empty = Program.Write("empty", "");

        var put = (await Program.RunAsync("put", large, small, empty)).Ok();
        var list = (await Program.RunAsync("ls")).Ok();
        var cid = put.Lines[0].Split('\t')[0];
        var cat = (await Program.RunAsync("cat", cid)).Ok();
        var range = (await Program.RunAsync("cat", cid, "--range", "1048570-1048579")).Ok();
        var stat = (await Program.RunAsync("stat", cid, "--json")).Ok();
        var nothing = (await Program.RunAsync("cat", put.Cid)).Ok();

        Assert.Equal([large, small, empty], put.Lines.Select(line => line.Split('\t')[1]));
        Assert.Equal(
            put.Lines.Select(line => line.Split('\t')[0]).Order(StringComparer.Ordinal), list.Lines);
        Assert.Equal(content, cat.Output);
        Assert.Equal(content[1048570..1048580], range.Output);
        Assert.Equal(3_000_000, stat.Json.GetProperty("sizeBytes").GetInt64());
        Assert.True(stat.Json.GetProperty("present").GetBoolean());
        Assert.Empty(nothing.Output);
    }

    [Fact]
    public async Task Standard_input_is_stored_and_a_receipt_says_that_it_was_synced()
    {
        var content = RandomNumberGenerator.GetBytes(100_000);

        var put = (await Program.RunAsync(content, ["put", "-", "--json", "--hash", "sha2-256"])).Ok();
        var cid = put.Json.GetProperty("cid").GetString()!;
        var cat = (await Program.RunAsync("cat", cid)).Ok();

        Assert.StartsWith("bafkrei", cid, StringComparison.Ordinal);
        Assert.True(put.Json.GetProperty("receipt").GetProperty("synced").GetBoolean());
        Assert.Equal(content, cat.Output);
    }

    [Fact]
    public async Task Get_replaces_a_file_whole_and_names_many_by_their_CID()
    {
        var first = Program.Write("first", "the first");
        var second = Program.Write("second", "the second");
        var old = Program.Write("old", "something longer that was there before");
        var cids = (await Program.RunAsync("put", first, second)).Ok().Lines
            .Select(line => line.Split('\t')[0]).ToArray();
        var folder = Path.Combine(Program.Folder, "many");

        (await Program.RunAsync("get", cids[0], "-o", old)).Ok();
        (await Program.RunAsync(Encoding.ASCII.GetBytes(string.Join('\n', cids)), ["get", "-", "-o", folder])).Ok();
        var absent = await Program.RunAsync("get", Absent, "-o", old);

        absent.Fails(3, "not here");
        Assert.Equal("the first", await File.ReadAllTextAsync(old, TestContext.Current.CancellationToken));
        Assert.Equal(cids.Order(), Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(Directory.EnumerateFiles(Program.Folder), file => file.Contains(".part"));
    }

    [Fact]
    public async Task A_tree_comes_back_as_it_was()
    {
        var tree = Path.Combine(Program.Folder, "tree");
        Program.Write("tree/a", "a");
        Program.Write("tree/sub/two\nlines", "b");
        Program.Write("tree/sub/large", RandomNumberGenerator.GetBytes(1_500_000));
        Directory.CreateDirectory(Path.Combine(tree, "none"));
        File.CreateSymbolicLink(Path.Combine(tree, "link"), "sub/large");
        var restored = Path.Combine(Program.Folder, "restored");

        var put = (await Program.RunAsync("put", "-r", tree)).Ok();
        (await Program.RunAsync("get", "-r", put.Cid, "-o", restored)).Ok();

        Assert.Equal(tree, put.Lines[^1].Split('\t')[1]);
        Assert.Contains(put.Lines, line => line.EndsWith(@"/sub/two\nlines", StringComparison.Ordinal));
        using var diff = System.Diagnostics.Process.Start("diff", ["-r", "--no-dereference", tree, restored]);
        await diff.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, diff.ExitCode);
    }

    [Fact]
    public async Task A_missing_file_is_told_at_the_end_and_the_others_are_stored()
    {
        var there = Program.Write("there", "x");

        var some = await Program.RunAsync("put", "absent-1", there, "absent-2");
        var one = await Program.RunAsync("put", "absent-1");
        var folder = await Program.RunAsync("put", Program.Folder);

        some.Fails(1, "absent-1");
        Assert.Contains("absent-2", some.Error, StringComparison.Ordinal);
        Assert.Single(some.Lines);
        one.Fails(3, "absent-1");
        folder.Fails(2, "-r");
    }

    [Fact]
    public async Task Names_move_are_compared_and_remembered()
    {
        var one = (await Program.RunAsync("put", Program.Write("one", "1"))).Ok().Cid;
        var two = (await Program.RunAsync("put", Program.Write("two", "2"))).Ok().Cid;

        (await Program.RunAsync("name", "set", "it", one, "--new")).Ok();
        (await Program.RunAsync("name", "set", "it", two, "--new")).Fails(4, "refused");
        (await Program.RunAsync("name", "set", "it", two, "--expect", two)).Fails(4, "refused");
        (await Program.RunAsync("name", "set", "it", two, "--expect", one)).Ok();
        var get = (await Program.RunAsync("name", "get", "it")).Ok();
        var list = (await Program.RunAsync("name", "ls")).Ok();
        var history = (await Program.RunAsync("name", "history", "it")).Ok();
        var watch = (await Program.RunAsync("name", "watch", "it", "--limit", "1")).Ok();
        (await Program.RunAsync("name", "rm", "it")).Ok();
        (await Program.RunAsync("name", "get", "it")).Fails(3, "any more");

        Assert.Equal(two, get.Cid);
        Assert.Equal($"{two}\tit", Assert.Single(list.Lines));
        Assert.Equal([two, one], history.Lines.Select(line => line.Split('\t')[2]));
        Assert.Equal(two, watch.Lines[0].Split('\t')[2]);
    }

    [Fact]
    public async Task Removing_is_rehearsed_recoverable_and_told_twice()
    {
        var file = Program.Write("file", "to be removed");
        var cid = (await Program.RunAsync("put", file)).Ok().Cid;

        var rehearsed = (await Program.RunAsync("rm", "--dry-run", cid)).Ok();
        (await Program.RunAsync("cat", cid)).Ok();
        (await Program.RunAsync("rm", cid, "--grace", "0")).Fails(2, "--yes");
        var removed = (await Program.RunAsync("rm", cid, "--json")).Ok();
        (await Program.RunAsync("stat", cid)).Fails(3, "");
        (await Program.RunAsync("rm", cid)).Fails(3, "");
        (await Program.RunAsync("put", file)).Ok();
        (await Program.RunAsync("cat", cid)).Ok();

        Assert.Contains("would be", rehearsed.Text, StringComparison.Ordinal);
        Assert.True(removed.Json.GetProperty("found").GetBoolean());
        Assert.Empty((await Program.RunAsync("ls", "--after", cid)).Ok().Lines);
    }

    [Fact, Trait("row", "J13")]
    public async Task Removing_the_root_of_a_tree_leaves_its_files_and_can_be_put_right()
    {
        Program.Write("tree/a", "one");
        Program.Write("tree/sub/b", "two");
        var tree = Path.Combine(Program.Folder, "tree");
        var put = (await Program.RunAsync("put", "-r", tree)).Ok();
        var root = put.Lines[^1].Split('\t')[0];
        var files = put.Lines[..^1].Select(line => line.Split('\t')[0]).ToArray();

        (await Program.RunAsync("rm", root)).Ok();

        (await Program.RunAsync("get", "-r", root, "-o", Path.Combine(Program.Folder, "out"))).Fails(3, root);
        Assert.Equal("one", (await Program.RunAsync("cat", files[0])).Ok().Text);
        Assert.Equal("two", (await Program.RunAsync("cat", files[1])).Ok().Text);
        Assert.Equal(put.Text, (await Program.RunAsync("put", "-r", tree)).Ok().Text);
        (await Program.RunAsync("get", "-r", root, "-o", Path.Combine(Program.Folder, "out"))).Ok();
        (await Program.RunAsync(Encoding.UTF8.GetBytes(put.Text), ["rm", "-"])).Ok();

        // The list of names of the directory inside has no line of its own.
        Assert.Single((await Program.RunAsync("ls")).Lines);
    }

    [Fact]
    public async Task A_healthy_store_is_verified_checked_explained_and_audited()
    {
        var cid = (await Program.RunAsync("put", Program.Write("file", "content"))).Ok().Cid;

        var verified = (await Program.RunAsync("verify", cid)).Ok();
        (await Program.RunAsync("verify")).Ok();
        var check = (await Program.RunAsync("check", "--json")).Ok();
        var audit = (await Program.RunAsync("audit", "verify")).Ok();
        var explained = (await Program.RunAsync("explain", cid)).Ok();
        var status = (await Program.RunAsync("status", "--json")).Ok();
        var events = (await Program.RunAsync("events", "--json", "--limit", "1")).Ok();

        Assert.Equal($"{cid}\tok", verified.Lines[0]);
        Assert.Contains("\tok\t", audit.Text, StringComparison.Ordinal);
        Assert.Equal(6, check.Lines.Length);
        Assert.NotEmpty(explained.Lines);
        Assert.Equal(1, status.Json.GetProperty("objects").GetInt64());
        Assert.Equal(cid, events.Json.GetProperty("payload_cid").GetString());
        Assert.Equal("storage.stored", events.Json.GetProperty("event_type").GetString());
    }

    [Fact]
    public async Task Structured_data_is_transcoded_on_the_way_in_and_out()
    {
        var json = Encoding.UTF8.GetBytes("{ \"b\": [1, true], \"a\": {\"/\": {\"bytes\": \"aGk\"}} }");

        var put = (await Program.RunAsync(json, ["dag", "put"])).Ok();
        var back = (await Program.RunAsync("dag", "get", put.Cid)).Ok();
        var cbor = (await Program.RunAsync("dag", "get", put.Cid, "--codec", "dag-cbor")).Ok();
        var transcoded = (await Program.RunAsync(cbor.Output, ["dag", "get", "--input-codec", "dag-cbor"])).Ok();
        var broken = await Program.RunAsync([0xA1, 0x61], ["dag", "put", "--input-codec", "dag-cbor"]);

        Assert.StartsWith("bafyr4i", put.Cid, StringComparison.Ordinal);
        Assert.Equal("{\"a\":{\"/\":{\"bytes\":\"aGk\"}},\"b\":[1,true]}", back.Text);
        Assert.Equal(back.Text, transcoded.Text);
        Assert.Equal((await Program.RunAsync("cat", put.Cid)).Ok().Output, cbor.Output);
        broken.Fails(6, "dag-cbor, byte");
    }

    [Fact]
    public async Task What_is_exported_is_imported_elsewhere_by_its_own_CID()
    {
        var content = RandomNumberGenerator.GetBytes(2_500_000);
        var put = (await Program.RunAsync(
            "put", Program.Write("large", content), Program.Write("small", "small"))).Ok();
        var cids = put.Lines.Select(line => line.Split('\t')[0]).ToArray();
        var archive = Path.Combine(Program.Folder, "out.car");
        var other = Path.Combine(Program.Folder, "other");

        (await Program.RunAsync(["export", .. cids, "-o", archive])).Ok();
        var import = (await Program.RunExactlyAsync(
            null, "import", archive, "--data", other, "--force-unsafe")).Ok();
        var list = (await Program.RunExactlyAsync(null, "ls", "--data", other)).Ok();
        var cat = (await Program.RunExactlyAsync(null, "cat", cids[0], "--data", other)).Ok();

        Assert.Equal(cids.Order(), import.Lines.Select(line => line.Split('\t')[0]).Order());
        Assert.Equal(cids.Order(StringComparer.Ordinal), list.Lines);
        Assert.Equal(content, cat.Output);
        (await Program.RunAsync("export", Absent, "-o", archive)).Fails(3, "not here");
    }

    [Fact]
    public async Task An_archive_that_is_cut_off_or_changed_is_refused_with_the_offset()
    {
        var cid = (await Program.RunAsync("put", Program.Write("file", new byte[300_000]))).Ok().Cid;
        var archive = Path.Combine(Program.Folder, "out.car");
        (await Program.RunAsync("export", cid, "-o", archive)).Ok();
        var bytes = await File.ReadAllBytesAsync(archive, TestContext.Current.CancellationToken);
        var cut = Program.Write("cut.car", bytes.AsSpan(0, bytes.Length / 2));
        bytes[bytes.Length / 2] ^= 4;
        var flipped = Program.Write("flipped.car", bytes);

        (await Program.RunAsync("import", cut)).Fails(6, "byte");
        (await Program.RunAsync("import", flipped)).Fails(6, "byte");
    }

    [Fact]
    public async Task What_is_not_here_is_not_found()
    {
        (await Program.RunAsync("put", Program.Write("file", "content"))).Ok();

        (await Program.RunAsync("cat", Absent)).Fails(3, "not here");
        (await Program.RunAsync("stat", Absent)).Fails(3, "not here");
        (await Program.RunAsync("explain", Absent)).Fails(3, "not here");
        (await Program.RunAsync("verify", Absent)).Fails(1, "1 missing");
        (await Program.RunAsync("name", "get", "nobody")).Fails(3, "no name");
        (await Program.RunAsync("rm", Absent)).Fails(3, "");
    }

    [Fact]
    public async Task Content_that_is_not_what_was_expected_is_refused()
    {
        var result = await Program.RunAsync("put", Program.Write("file", "content"), "--expect", Absent);

        result.Fails(4, "refused");
        Assert.Empty((await Program.RunAsync("ls")).Lines);
    }

    [Fact]
    public async Task A_range_past_the_end_is_refused()
    {
        var cid = (await Program.RunAsync("put", Program.Write("file", "content"))).Ok().Cid;

        (await Program.RunAsync("cat", cid, "--range", "7-8")).Fails(4, "7 bytes");
    }

    [Fact]
    public async Task A_command_repeated_with_its_id_takes_effect_once()
    {
        var file = Program.Write("file", "content");
        var id = new IdSource(TimeProvider.System).Next().ToString();

        var first = await Program.RunAsync("put", file, "--json", "--message-id", id);
        var second = await Program.RunAsync("put", file, "--json", "--message-id", id);

        Assert.False(first.Ok().Json.GetProperty("replayed").GetBoolean());
        Assert.True(second.Ok().Json.GetProperty("replayed").GetBoolean());
    }
}

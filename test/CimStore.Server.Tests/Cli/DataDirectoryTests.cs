using System.Globalization;
using Xunit;

namespace CimStore.Server.Tests.Cli;

/// <summary>One directory, one process at a time, and what happens when it is not whole.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private readonly Cimstore _cimstore = new();

    [Fact]
    public async Task A_command_asks_the_node_that_has_the_directory()
    {
        await using var node = await ServedStore.StartAsync(_cimstore);

        var put = (await _cimstore.RunAsync("put", _cimstore.Write("file", "content"), "--verbose")).Ok();
        var list = (await _cimstore.RunAsync("ls")).Ok();

        Assert.Contains(node.Address, put.Error, StringComparison.Ordinal);
        Assert.Equal(put.Cid, list.Cid);
    }

    [Fact]
    public async Task A_second_node_is_told_who_has_the_directory()
    {
        await using var node = await ServedStore.StartAsync(_cimstore);

        var second = await _cimstore.RunAsync("serve", "--listen", "http://127.0.0.1:0");
        var rebuild = await _cimstore.RunAsync("rebuild", "--yes");

        second.Fails(7, node.ProcessId.ToString(CultureInfo.InvariantCulture));
        Assert.Contains(node.Address, second.Error, StringComparison.Ordinal);
        rebuild.Fails(7, node.Address);
    }

    [Fact]
    public async Task What_was_acknowledged_survives_the_death_of_the_node()
    {
        string cid;
        await using (var node = await ServedStore.StartAsync(_cimstore))
        {
            cid = (await _cimstore.RunAsync("put", _cimstore.Write("file", "content"))).Ok().Cid;
            await node.KillAsync();
        }

        Assert.Equal("content", (await _cimstore.RunAsync("cat", cid)).Ok().Text);
        (await _cimstore.RunAsync("check")).Ok();
    }

    [Fact]
    public async Task A_node_that_is_asked_to_stop_ends_well()
    {
        await using var node = await ServedStore.StartAsync(_cimstore);

        Assert.Equal(0, await node.StopAsync());
    }

    [Fact]
    public async Task A_node_tells_in_its_log_which_copy_is_bad()
    {
        var cid = (await _cimstore.RunAsync("put", _cimstore.Write("file", new byte[2_000_000]))).Ok().Cid;
        var large = Directory.EnumerateFiles(Path.Combine(_cimstore.Data, "large"), "*", SearchOption.AllDirectories)
            .MaxBy(file => new FileInfo(file).Length)!;
        await using (var file = File.OpenWrite(large))
        {
            file.Position = file.Length - 1;
            file.WriteByte(1);
        }

        await using var node = await ServedStore.StartAsync(_cimstore);
        (await _cimstore.RunAsync("cat", cid)).Fails(6, "");
        await node.StopAsync();

        Assert.Contains("was quarantined", await node.Errors, StringComparison.Ordinal);
        Assert.Contains(cid, await node.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listening_for_everybody_without_a_token_is_refused() =>
        (await _cimstore.RunAsync("serve", "--listen", "http://0.0.0.0:0")).Fails(4, "--insecure");

    [Fact]
    public async Task An_unknown_key_of_the_configuration_is_named()
    {
        var config = _cimstore.Write("node.json", "{\"Lissten\": []}");

        (await _cimstore.RunAsync("serve", "--config", config)).Fails(2, "Lissten");
    }

    [Fact]
    public async Task A_directory_that_is_no_store_is_named_and_not_made()
    {
        (await _cimstore.RunAsync("ls")).Fails(3, _cimstore.Data);

        Assert.False(Directory.Exists(_cimstore.Data));
    }

    [Fact]
    public async Task A_directory_of_a_newer_format_is_refused_untouched()
    {
        (await _cimstore.RunAsync("put", _cimstore.Write("file", "content"))).Ok();
        var marker = Path.Combine(_cimstore.Data, "cimstore.json");
        var text = await File.ReadAllTextAsync(marker, TestContext.Current.CancellationToken);
        var newer = System.Text.RegularExpressions.Regex.Replace(text, "\"format\": ?1", "\"format\": 99");
        await File.WriteAllTextAsync(marker, newer, TestContext.Current.CancellationToken);

        (await _cimstore.RunAsync("ls")).Fails(5, "99");

        Assert.Equal(newer, await File.ReadAllTextAsync(marker, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_named()
    {
        var result = await _cimstore.RunExactlyAsync(null, "ls", "--server", "http://127.0.0.1:9");

        result.Fails(5, "127.0.0.1:9");
    }

    [Fact]
    public async Task The_index_is_made_again_from_the_log()
    {
        var files = Enumerable.Range(0, 10).Select(number => _cimstore.Write($"{number}", $"content {number}"));
        (await _cimstore.RunAsync(["put", .. files])).Ok();
        var before = (await _cimstore.RunAsync("ls")).Ok();

        (await _cimstore.RunAsync("rebuild")).Fails(2, "--yes");
        (await _cimstore.RunAsync("rebuild", "--dry-run")).Ok();
        var rebuilt = (await _cimstore.RunAsync("rebuild", "--yes")).Ok();
        Directory.Delete(Path.Combine(_cimstore.Data, "index"), recursive: true);
        var after = (await _cimstore.RunAsync("ls")).Ok();

        Assert.Contains("the same as were kept", rebuilt.Text, StringComparison.Ordinal);
        Assert.Equal(before.Text, after.Text);
    }

    [Fact]
    [Trait("row", "H5")]
    public async Task An_entry_that_was_changed_is_named_by_the_audit()
    {
        foreach (var name in (string[])["one", "two", "three"])
        {
            (await _cimstore.RunAsync("put", _cimstore.Write(name, name), "--name", "name-" + name)).Ok();
        }

        var segments = Directory.EnumerateFiles(Path.Combine(_cimstore.Data, "log"));
        var (segment, bytes) = segments.Select(path => (path, File.ReadAllBytes(path)))
            .Single(file => file.Item2.AsSpan().IndexOf("name-two"u8) >= 0);
        bytes[bytes.AsSpan().IndexOf("name-two"u8)] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);

        // Each put is an entry for the content and one for its name: the fourth is wrong.
        var audit = await _cimstore.RunAsync("audit", "verify");
        Assert.Equal(1, audit.ExitCode);
        Assert.Contains("3 entries are right; behind lsn 3:", audit.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flipped_bit_is_found_and_never_served()
    {
        var content = new byte[2_000_000];
        new Random(7).NextBytes(content);
        var cid = (await _cimstore.RunAsync("put", _cimstore.Write("file", content))).Ok().Cid;
        var large = Directory.EnumerateFiles(Path.Combine(_cimstore.Data, "large"), "*", SearchOption.AllDirectories)
            .OrderByDescending(file => new FileInfo(file).Length).First();
        var bytes = await File.ReadAllBytesAsync(large, TestContext.Current.CancellationToken);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(large, bytes, TestContext.Current.CancellationToken);

        var cat = await _cimstore.RunAsync("cat", cid);
        var verify = await _cimstore.RunAsync("verify");

        cat.Fails(6, "");
        Assert.True(cat.Output.Length < content.Length);
        Assert.Equal(content[..cat.Output.Length], cat.Output);
        verify.Fails(1, "1 bad");
        Assert.StartsWith($"{cid}\tbad", verify.Text, StringComparison.Ordinal);
    }

    [Fact, Trait("row", "J12")]
    public async Task A_check_finds_what_no_reader_would()
    {
        var cid = (await _cimstore.RunAsync("put", _cimstore.Write("file", new byte[2_000_000]))).Ok().Cid;
        (await _cimstore.RunAsync("rm", cid)).Ok();
        var well = (await _cimstore.RunAsync("check")).Ok();
        File.Delete(Assert.Single(LargeFiles(), file => new FileInfo(file).Length >= 2_000_000));

        var check = await _cimstore.RunAsync("check");

        Assert.Contains("log\tok\t", well.Text, StringComparison.Ordinal);
        Assert.Equal(1, check.ExitCode);
        Assert.Matches("log\tNOT WELL\tThe large file [0-9a-f]{32} is missing", check.Text);
    }

    [Fact]
    public async Task What_is_over_its_grace_is_released_and_what_is_not_stays()
    {
        var gone = _cimstore.Write("gone", new byte[2_000_000]);
        var put = (await _cimstore.RunAsync("put", gone, _cimstore.Write("graced", new byte[3_000_000]))).Ok();
        var cids = put.Lines.Select(line => line.Split('\t')[0]).ToArray();
        (await _cimstore.RunAsync("rm", cids[0], "--grace", "0", "--yes")).Ok();
        (await _cimstore.RunAsync("rm", cids[1])).Ok();

        var collected = (await _cimstore.RunAsync("gc", "--json")).Ok().Json;
        var again = (await _cimstore.RunAsync("gc")).Ok();

        Assert.Equal(1, collected.GetProperty("objectsReleased").GetInt32());
        Assert.Equal(2_000_000, collected.GetProperty("bytesReleased").GetInt64());
        Assert.StartsWith("0 released", again.Text, StringComparison.Ordinal);
        Assert.Single(LargeFiles(), file => new FileInfo(file).Length >= 2_000_000);
        (await _cimstore.RunAsync("check")).Ok();
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_command_quietly()
    {
        var content = new byte[8_000_000];
        var cid = (await _cimstore.RunAsync("put", _cimstore.Write("file", content))).Ok().Cid;

        using var process = _cimstore.Start("cat", cid, "--data", _cimstore.Data, "--force-unsafe");
        var first = new byte[10];
        await process.StandardOutput.BaseStream.ReadExactlyAsync(first, TestContext.Current.CancellationToken);
        process.StandardOutput.Close();
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((141, ""), (process.ExitCode, error));
    }

    [Fact]
    public async Task An_interrupted_put_leaves_nothing_half_done()
    {
        (await _cimstore.RunAsync("put", _cimstore.Write("file", "content"))).Ok();
        using var process = _cimstore.Start("put", "-", "--data", _cimstore.Data, "--force-unsafe");

        // A pipe holds 64 KiB: when 2 MB are written the command has taken most of them, and waits for more.
        await process.StandardInput.BaseStream.WriteAsync(new byte[2_000_000], TestContext.Current.CancellationToken);
        await process.StandardInput.BaseStream.FlushAsync(TestContext.Current.CancellationToken);

        using var kill = System.Diagnostics.Process.Start("kill", ["-INT", $"{process.Id}"]);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal(130, process.ExitCode);
        Assert.Contains("interrupted", error, StringComparison.Ordinal);
        Assert.Single((await _cimstore.RunAsync("ls")).Ok().Lines);
        (await _cimstore.RunAsync("check")).Ok();
    }

    [Fact]
    public async Task An_unreadable_file_is_told_at_the_end_and_the_tree_is_stored_without_it()
    {
        // Root reads every file; what is no file can be stored by nobody.
        Directory.CreateDirectory(Path.Combine(_cimstore.Folder, "tree"));
        using var make = System.Diagnostics.Process.Start(
            "mkfifo", [Path.Combine(_cimstore.Folder, "tree", "unreadable")]);
        await make.WaitForExitAsync(TestContext.Current.CancellationToken);
        _cimstore.Write("tree/good", "good");

        var put = await _cimstore.RunAsync("put", "-r", Path.Combine(_cimstore.Folder, "tree"));

        put.Fails(1, "unreadable");
        Assert.Equal(2, put.Lines.Length);
        (await _cimstore.RunAsync("stat", put.Cid)).Ok();
    }

    [Fact]
    public async Task A_name_that_is_not_UTF_8_stays_on_one_line_and_comes_back()
    {
        var tree = Path.Combine(_cimstore.Folder, "tree");
        Directory.CreateDirectory(tree);
        const string script = """
            printf x > "$1/$(printf 'bad\377name')"
            printf y > "$1/$(printf 'tab\there')"
            """;
        using (var shell = System.Diagnostics.Process.Start("sh", ["-c", script, "-", tree]))
        {
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var put = (await _cimstore.RunAsync("put", "-r", tree)).Ok();
        var raw = (await _cimstore.RunAsync("put", "-r", "--null", tree)).Ok();
        var restored = Path.Combine(_cimstore.Folder, "restored");
        (await _cimstore.RunAsync("get", "-r", put.Cid, "-o", restored)).Ok();

        Assert.Contains(put.Lines, line => line.EndsWith(@"/bad\xffname", StringComparison.Ordinal));
        Assert.Contains(put.Lines, line => line.EndsWith(@"/tab\there", StringComparison.Ordinal));
        Assert.True(raw.Output.AsSpan().IndexOf("bad\u00ff"u8[..3]) > 0);
        Assert.Contains((byte)0xFF, raw.Output);
        using var diff = System.Diagnostics.Process.Start("diff", ["-r", tree, restored]);
        await diff.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, diff.ExitCode);
    }

    [Theory]
    [InlineData("put", "content")]
    [InlineData("put -r", "content")]
    [InlineData("put --only-hash", "content")]
    public async Task A_path_that_is_not_UTF_8_is_found(string command, string content)
    {
        const string make = "f=$(printf 'bad\\377name'); printf content > \"$f\"; \"$@\" \"$f\" \"./$f\"";
        var words = command.Split(' ');

        var put = (await _cimstore.RunShellAsync(make, [.. words, "--data", _cimstore.Data, "--force-unsafe"])).Ok();
        var json = (await _cimstore.RunShellAsync(
            make, [.. words, "--json", "--data", _cimstore.Data, "--force-unsafe"])).Ok();

        var expected = (await _cimstore.RunExactlyAsync(
            null, "put", "--only-hash", _cimstore.Write("good", content))).Ok().Cid;
        Assert.Equal([expected + @"	bad\xffname".Replace(@"\t", "\t", StringComparison.Ordinal),
            expected + @"	./bad\xffname".Replace(@"\t", "\t", StringComparison.Ordinal)], put.Lines);
        Assert.Equal(@"./bad\xffname", json.Json.GetProperty("path").GetString());
    }

    [Fact]
    public async Task A_tree_whose_path_is_not_UTF_8_is_found()
    {
        const string make = "d=$(printf 'bad\\377tree'); mkdir \"$d\"; printf x > \"$d/file\"; \"$@\" \"$d\"";

        var put = (await _cimstore.RunShellAsync(make, "put", "-r", "--data", _cimstore.Data, "--force-unsafe")).Ok();

        Assert.EndsWith("\tbad\\xfftree/file", put.Lines[0], StringComparison.Ordinal);
        Assert.EndsWith("\tbad\\xfftree", put.Lines[1], StringComparison.Ordinal);
        Assert.Equal(2, put.Lines.Length);
    }

    [Theory]
    [InlineData("put", 3, "bad\\xffname")]
    [InlineData("import", 2, "not UTF-8")]
    [InlineData("get -r x -o", 2, "not UTF-8")]
    public async Task A_path_that_is_not_UTF_8_and_cannot_be_used_is_named(string command, int exitCode, string because)
    {
        const string run = "\"$@\" \"$(printf 'bad\\377name')\"";

        var result = await _cimstore.RunShellAsync(
            run, ["--data", _cimstore.Data, "--force-unsafe", .. command.Split(' ')]);

        result.Fails(exitCode, because);
    }

    public void Dispose() => _cimstore.Dispose();

    private string[] LargeFiles() =>
        Directory.GetFiles(Path.Combine(_cimstore.Data, "large"), "*", SearchOption.AllDirectories);
}

using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace CimStore.Tests;

/// <summary>
/// The rules of the house that a compiler does not check: who may know whom, how long things may get.
/// </summary>
public sealed partial class HouseTests
{
    private const int FileLinesMax = 500;
    private const int LineLengthMax = 120;
    private const int FunctionLinesMax = 70;

    private static readonly string Root = FindRoot();

    [Theory]
    [InlineData("CimStore", "")]
    [InlineData("CimStore.Disk", "CimStore")]
    [InlineData("CimStore.Nats", "CimStore")]
    [InlineData("CimStore.S3", "CimStore")]
    [InlineData("CimStore.Server", "CimStore CimStore.Disk CimStore.Nats CimStore.S3")]
    [InlineData("CimStore.Cli", "CimStore.Server")]
    public void A_project_references_only_what_lies_below_it(string project, string allowed)
    {
        var references = Project(project).Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));

        Assert.Equal(allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries), references);
    }

    [Fact]
    public void The_idea_depends_on_no_third_party()
    {
        var packages = Project("CimStore").Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value);

        Assert.All(packages,
            p => Assert.Matches(@"^(Microsoft\.Extensions\..*\.Abstractions|System\.Formats\.Cbor)$", p));
    }

    /// <summary>
    /// Content &lt;- Locations &lt;- Objects &lt;- Policies, Journal &lt;- Translation &lt;- Engine &lt;- Http.
    /// </summary>
    [Theory]
    [InlineData("Content", "")]
    [InlineData("Locations", "Content")]
    [InlineData("Objects", "Content Locations")]
    [InlineData("Policies", "Content Locations Objects")]
    [InlineData("Journal", "Content Locations Objects")]
    [InlineData("Translation", "Content Locations Objects Policies Journal")]
    [InlineData("Engine", "Content Locations Objects Policies Journal Translation Diagnostics")]
    [InlineData("Http", "Content Locations Objects Policies Journal Translation Engine Diagnostics")]
    public void A_folder_uses_only_the_folders_below_it(string folder, string below)
    {
        var allowed = below.Split(' ').Append(folder).ToHashSet();
        var path = Path.Combine(Root, "src", "CimStore", folder);
        if (!Directory.Exists(path))
        {
            return;
        }

        var strays =
            from file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories)
            from Match use in NamespaceOfOurs().Matches(File.ReadAllText(file))
            where !allowed.Contains(use.Groups[1].Value)
            select $"{Path.GetFileName(file)} uses {use.Value}";

        Assert.Empty(strays);
    }

    [Fact]
    public void No_file_and_no_line_is_longer_than_a_reader_can_hold()
    {
        var tooLong =
            from file in Sources()
            let lines = File.ReadAllLines(file)
            from problem in lines.Select((line, index) => (line, index))
                .Where(l => l.line.Length > LineLengthMax)
                .Select(l => $"{Short(file)}:{l.index + 1} has {l.line.Length} characters")
                .Concat(lines.Length > FileLinesMax ? [$"{Short(file)} has {lines.Length} lines"] : [])
            select problem;

        Assert.Empty(tooLong);
    }

    /// <summary>
    /// Counts by indentation: a member stands at one level inside its type, its body between lone braces of that level.
    /// </summary>
    [Fact]
    public void No_function_is_longer_than_a_page()
    {
        var tooLong = Sources().SelectMany(file => Bodies(file).Where(b => b.Lines > FunctionLinesMax)
            .Select(b => $"{Short(file)}:{b.Start} has {b.Lines} lines"));

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Every_document_has_one_title_and_no_dead_link()
    {
        var problems =
            from file in Directory.EnumerateFiles(Root, "*.md", SearchOption.AllDirectories)
            where !IsOutput(file)
            let text = CodeBlock().Replace(File.ReadAllText(file), "")
            from problem in Titles(file, text).Concat(DeadLinks(file, text))
            select problem;

        Assert.Empty(problems);
    }

    [Fact]
    public void Every_test_that_a_document_names_exists()
    {
        var known = Sources().SelectMany(f => TestClass().Matches(File.ReadAllText(f)))
            .Select(m => m.Groups[1].Value).ToHashSet();
        var strays =
            from file in new[] { "ARCHITECTURE.md", "docs/features.md" }
            from Match name in TestName().Matches(File.ReadAllText(Path.Combine(Root, file)))
            where !known.Contains(name.Groups[1].Value)
            select $"{file} names {name.Groups[1].Value}";

        Assert.Empty(strays);
    }

    [Fact]
    public void Every_open_end_names_its_issue()
    {
        var strays =
            from file in Sources()
            from line in File.ReadLines(file)
            where OpenEnd().IsMatch(line) && !line.Contains('#')
            select $"{Short(file)}: {line.Trim()}";

        Assert.Empty(strays);
    }

    private static IEnumerable<string> Titles(string file, string text)
    {
        var count = text.Split('\n').Count(l => l.StartsWith("# ", StringComparison.Ordinal));
        return count == 1 ? [] : [$"{Short(file)} has {count} titles"];
    }

    private static IEnumerable<string> DeadLinks(string file, string text) =>
        from Match link in Link().Matches(text)
        let target = link.Groups[1].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal)
            && !target.StartsWith("mailto:", StringComparison.Ordinal)
        let path = Path.Combine(Path.GetDirectoryName(file)!, target)
        where !File.Exists(path) && !Directory.Exists(path)
        select $"{Short(file)} links to {target}";

    private static IEnumerable<(int Start, int Lines)> Bodies(string file)
    {
        var open = -1;
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            if (line == "    {")
            {
                open = number;
            }
            else if (line is "    }" or "    };" && open > 0)
            {
                // Blank-free braces at this level also close nested types; those hold deeper members of their own.
                if (!NestedType(file, open))
                {
                    yield return (open, number - open - 1);
                }

                open = -1;
            }
        }
    }

    private static bool NestedType(string file, int braceLine)
    {
        var head = File.ReadLines(file).Take(braceLine - 1).Reverse()
            .TakeWhile(l => l.Length > 0 && l is not "    }" and not "{").Take(8);
        return head.Any(l => TypeHead().IsMatch(l));
    }

    private static XDocument Project(string name) =>
        XDocument.Load(Path.Combine(Root, "src", name, name + ".csproj"));

    private static IEnumerable<string> Sources() =>
        from folder in new[] { "src", "test", "bench" }
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        where !IsOutput(file)
        select file;

    private static bool IsOutput(string file) =>
        file.Contains("/artifacts/", StringComparison.Ordinal)
        || file.Contains("/node_modules/", StringComparison.Ordinal);

    private static string Short(string file) => Path.GetRelativePath(Root, file);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CimStore.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("No CimStore.slnx above the test binary.");
    }

    [GeneratedRegex(@"\bCimStore\.(Content|Locations|Objects|Policies|Journal|Translation|Engine|Http|Diagnostics)\b")]
    private static partial Regex NamespaceOfOurs();

    [GeneratedRegex(@"class (\w+(?:Tests|Contract))\b")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"`(\w+(?:Tests|Contract))[`.]")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b(TO" + "DO|FIX" + "ME|HA" + @"CK)\b")]
    private static partial Regex OpenEnd();

    [GeneratedRegex(@"^\s{4}(\w+ )*(class|struct|record|interface|enum)\b")]
    private static partial Regex TypeHead();
}

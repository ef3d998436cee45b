#!/usr/bin/env python3
"""Makes tests/data/outside/operators.*: one small network an operator, plain and decomposed, with PyTorch's scores.

    pip install torch==2.13.0 safetensors; python3 tools/make_operator_fixtures.py

A file is kept where it calls an operator, or one with other arguments, that no file before it calls.
"""
import io,sys,zipfile,warnings,os
warnings.filterwarnings("ignore")
import torch, torch.nn as nn, torch.nn.functional as F
from safetensors.torch import save_file
class One(nn.Module):
    def __init__(s, op):
        super().__init__(); s.c=nn.Conv2d(3,8,3,padding=1); s.op=op if isinstance(op,nn.Module) else None; s.f=None if s.op else op
        s.l=nn.LazyLinear(5)
    def forward(s,x):
        y=s.c(x)
        y=(s.op or s.f)(y)
        y=y.flatten(1) if y.dim()>1 else y
        if y.dim()==2 and y.shape[1]>64: y=F.adaptive_avg_pool1d(y.unsqueeze(1),32).squeeze(1)
        return s.l(y)
class WS(nn.Module):
    def __init__(s,kind):
        super().__init__(); s.w=nn.Parameter(torch.randn(8,8,3,3)); s.kind=kind
    def forward(s,x):
        w=s.w
        if s.kind=='bn': w=F.batch_norm(w.reshape(1,8,-1),None,None,training=True,momentum=0.,eps=1e-6).reshape_as(w)
        else: w=(w-w.mean((1,2,3),keepdim=True))/(w.std((1,2,3),keepdim=True)+1e-5)
        return F.conv2d(x,w,padding=1)
class MHA(nn.Module):
    def __init__(s,mask=False):
        super().__init__(); s.m=nn.MultiheadAttention(8,2,batch_first=True); s.mask=mask
    def forward(s,x):
        t=x.flatten(2).transpose(1,2)
        return s.m(t,t,t,need_weights=s.mask)[0].mean(1)
class NoGrad(nn.Module):
    def __init__(s): super().__init__(); s.c=nn.Conv2d(8,8,3)
    def forward(s,x):
        with torch.no_grad(): y=F.relu(s.c(x))
        return y.mean((2,3))
class Auto(nn.Module):
    def __init__(s): super().__init__(); s.c=nn.Conv2d(8,8,3)
    def forward(s,x):
        with torch.autocast('cpu',enabled=False): y=F.relu(s.c(x.float()))
        return y.mean((2,3))
class Trunc(nn.Module):
    def forward(s,x): return torch.fft.rfft2(x).abs()
g=lambda x:x.mean((2,3))
def grid(x):
    th=torch.eye(2,3).unsqueeze(0).expand(x.shape[0],2,3)*0.9
    return F.grid_sample(x,F.affine_grid(th,x.size(),align_corners=False),align_corners=False)
def iput(x):
    m=torch.zeros(8,8); m[2]=1.; return x*m
OPS={
 'rms':nn.RMSNorm(8),'rsub':lambda x:1-torch.sigmoid(x),'std':lambda x:x.std((2,3)),'var':lambda x:x.var((2,3),unbiased=False),
 'std_mean':lambda x:torch.cat(torch.std_mean(x,(2,3)),1),'max_dim':lambda x:x.max(-1)[0],'min_dim':lambda x:x.min(2).values,'max_idx':lambda x:x.max(-1)[1].float(),
 'where':lambda x:torch.where(x>0,x,x*0.1),'where_tensor':lambda x:torch.where(x>x.mean(),x,torch.zeros_like(x)),'glu':lambda x:F.glu(x,1),'unfold':lambda x:F.unfold(x,3,padding=1),
 'fold':lambda x:F.fold(F.unfold(x,3,padding=1),(8,8),3,padding=1),'log1p':lambda x:torch.log1p(x.abs()),'meanall':lambda x:x-x.mean(),'topk':lambda x:g(x).topk(3)[0],
 'topk_idx':lambda x:g(x).topk(3)[1].float(),'cumsum':lambda x:x.cumsum(1),'cumprod':lambda x:x.cumprod(1),'sort':lambda x:g(x).sort(1)[0],'argsort':lambda x:g(x).argsort(1).float(),
 'lrn':nn.LocalResponseNorm(3),'bicubic':lambda x:F.interpolate(x,scale_factor=2,mode='bicubic'),'bicubic_size':lambda x:F.interpolate(x,size=(11,11),mode='bicubic',align_corners=True),
 'bilinear':lambda x:F.interpolate(x,scale_factor=1.5,mode='bilinear'),'bilinear_aa':lambda x:F.interpolate(x,size=(5,5),mode='bilinear',antialias=True),'nearest':lambda x:F.interpolate(x,scale_factor=2),
 'nearest_exact':lambda x:F.interpolate(x,size=(11,5),mode='nearest-exact'),'grid':grid,'fft':lambda x:torch.fft.rfft2(x).abs(),'fft_filter':lambda x:torch.fft.irfft2(torch.fft.rfft2(x,norm='ortho')*0.5,s=(8,8),norm='ortho'),
 'maxpool':nn.MaxPool2d(2),'maxpool_idx':lambda x:F.max_pool2d(x,2,return_indices=True)[1].float(),'avgpool':nn.AvgPool2d(2),'gn':nn.GroupNorm(2,8),'ln':nn.LayerNorm([8,8]),'inst':nn.InstanceNorm2d(8,affine=True),'bn':nn.BatchNorm2d(8),
 'mha':MHA(),'mha_w':MHA(True),'encoder':nn.Sequential(nn.Flatten(2),nn.TransformerEncoderLayer(64,2,64,batch_first=True)),'prelu':nn.PReLU(),'mish':nn.Mish(),'softplus':nn.Softplus(2,5),
 'elu':nn.ELU(0.7),'celu':nn.CELU(0.6),'selu':nn.SELU(),'hardswish':nn.Hardswish(),'hardsigmoid':nn.Hardsigmoid(),'hardtanh':nn.Hardtanh(-.3,.4),'hardshrink':nn.Hardshrink(.2),'softshrink':nn.Softshrink(.2),'threshold':nn.Threshold(.1,.2),'tanhshrink':nn.Tanhshrink(),
 'softsign':nn.Softsign(),'rrelu':nn.RReLU(),'logsigmoid':nn.LogSigmoid(),'gelu_tanh':nn.GELU('tanh'),'silu':nn.SiLU(),'leaky':nn.LeakyReLU(.2),'relu6':nn.ReLU6(),'softmin':nn.Softmin(1),'logsoftmax':nn.LogSoftmax(1),
 'reflect':nn.ReflectionPad2d(2),'replicate':nn.ReplicationPad2d(1),'circular':lambda x:F.pad(x,(1,1,1,1),mode='circular'),'constpad':lambda x:F.pad(x,(1,0,2,1),value=.5),'roll':lambda x:x.roll((1,2),(2,3)),
 'shuffle':nn.ChannelShuffle(2),'pixel':nn.PixelShuffle(2),'unpixel':nn.PixelUnshuffle(2),'ws_bn':WS('bn'),'ws_std':WS('std'),'weight_norm':torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(8,8,3)),
 'spectral':torch.nn.utils.parametrizations.spectral_norm(nn.Conv2d(8,8,3)),'nograd':NoGrad(),'autocast':Auto(),'conv1d':lambda x:F.conv1d(g(x).unsqueeze(1),torch.ones(1,1,3)/3,padding=1),
 'conv3d':nn.Sequential(nn.Unflatten(1,(1,8)),nn.Conv3d(1,2,3,padding=1)),'convT':nn.ConvTranspose2d(8,4,2,2),'maxpool3d':lambda x:F.max_pool3d(x,2),'avgpool3d':lambda x:F.avg_pool3d(x,2),'avgpool1d':lambda x:F.avg_pool1d(x.flatten(2),2),'maxpool1d':lambda x:F.max_pool1d(x.flatten(2),2),
 'adaptmax':nn.AdaptiveMaxPool2d(2),'adapt':nn.AdaptiveAvgPool2d(3),'einsum':lambda x:torch.einsum('nchw,nchw->nc',x,x),'matmul':lambda x:x@x.mT,'baddbmm':lambda x:torch.baddbmm(x[:,0],x[:,1],x[:,2],beta=.5,alpha=2.),'addmm':lambda x:torch.addmm(torch.ones(8),g(x),torch.ones(8,8)*.1,beta=.3,alpha=2.),
 'cdist':lambda x:torch.cdist(x.flatten(2),x.flatten(2)),'cosine':lambda x:F.cosine_similarity(x,x.roll(1,1),dim=1),'norm':lambda x:x/x.norm(dim=1,keepdim=True),'normalize':lambda x:F.normalize(x,dim=1),'vecnorm1':lambda x:torch.linalg.vector_norm(x,1,(2,3)),
 'pow_scalar':lambda x:2.**x,'pow_tt':lambda x:x.abs()**x.sigmoid(),'rem':lambda x:x%.3,'fmod':lambda x:torch.fmod(x,.3),'floordiv':lambda x:x//.3,'div_mode':lambda x:torch.div(x,.3,rounding_mode='trunc'),'atan2':lambda x:torch.atan2(x,x.roll(1,1)),'trig':lambda x:x.sin()+x.cos()+x.tan()+x.atan()+x.sinh()+x.cosh()+x.asinh()+x.clamp(-.9,.9).asin()+x.clamp(-.9,.9).acos()+x.clamp(-.9,.9).atanh()+(x.abs()+1).acosh(),
 'logs':lambda x:(x.abs()+1).log2()+(x.abs()+1).log10()+x.expm1()+x.exp2()+x.erf()+x.erfc(),'rounds':lambda x:x.round()+x.floor()+x.ceil()+x.trunc()+x.frac()+x.sign(),'clampt':lambda x:torch.clamp(x,x.mean(),x.mean()+1),'minmax':lambda x:torch.maximum(x,x.mean())+torch.minimum(x,x.mean()),
 'bools':lambda x:((x>0)&(x<1)|(x==.5)|~(x!=x)).float()*x,'any':lambda x:(x>0).any(1).float()+(x>0).all(2).float(),'masked':lambda x:x.masked_fill(x>0.2,-1.),'isnan':lambda x:torch.nan_to_num(x)*(~x.isnan()).float(),'arange':lambda x:x*torch.arange(8).view(1,8,1,1),
 'linspace':lambda x:x*torch.linspace(0,1,8),'eye':lambda x:x@torch.eye(8),'tril':lambda x:x.tril(),'triu':lambda x:x.triu(1),'full':lambda x:x+torch.full((1,8,1,1),.3),'meshgrid':lambda x:x*torch.meshgrid(torch.arange(8.),torch.arange(8.),indexing='ij')[0],'ones_like':lambda x:torch.ones_like(x)*x+x.new_zeros(x.shape)+torch.full_like(x,.2),
 'gather':lambda x:x.gather(1,torch.zeros(1,1,8,8,dtype=torch.long).expand(x.shape[0],1,8,8)),'scatter':lambda x:torch.zeros_like(x).scatter(1,torch.zeros_like(x,dtype=torch.long),x),'scatter_add':lambda x:torch.zeros_like(x).scatter_add(1,torch.zeros_like(x,dtype=torch.long),x),
 'index':lambda x:x[:,[0,3,2]],'index_put':iput,'index_select':lambda x:x.index_select(1,torch.tensor([1,0])),'select_scatter':lambda x:torch.select_scatter(x,x[:,0],1,1),'slice_scatter':lambda x:torch.slice_scatter(x,x[:,:2],1,2,4),'embedding':lambda x:F.embedding(torch.tensor([0,1]),torch.arange(16.).view(8,2)).sum()*x,
 'diag':lambda x:x.diagonal(dim1=2,dim2=3),'repeat':lambda x:x.repeat(1,2,1,1),'repint':lambda x:x.repeat_interleave(2,1),'tile':lambda x:x.tile(1,1,2,1),'flip':lambda x:x.flip(3),'stack':lambda x:torch.stack([x,x*2],1),'chunk':lambda x:x.chunk(2,1)[1],'split':lambda x:torch.split(x,[3,5],1)[0],'tsplit':lambda x:torch.tensor_split(x,3,1)[0],
 'unbind':lambda x:x.unbind(1)[2],'movedim':lambda x:x.movedim(1,-1),'squeeze':lambda x:x[:,:1].squeeze(1),'unfold_t':lambda x:x.unfold(2,3,2),'typeas':lambda x:x.type_as(x)*x.to(torch.float32),'toint':lambda x:(x*3).int().float(),'prod':lambda x:x[:,:,:2,0].prod(1),'amax':lambda x:x.amax((2,3))+x.amin((2,3)),
 'argmax':lambda x:x.argmax(1).float(),'median':lambda x:x.median(1)[0],'logsumexp':lambda x:x.logsumexp(1),'var_mean_unb':lambda x:torch.var_mean(x,1)[0],'gem':lambda x:x.clamp(min=1e-6).pow(3).mean((2,3)).pow(1/3),'addc':lambda x:torch.addcmul(x,x,x,value=.5)+torch.addcdiv(x,x,x.abs()+1,value=.2)+torch.lerp(x,x*2,.3),
 'complex':lambda x:torch.view_as_real(torch.view_as_complex(x.view(x.shape[0],8,8,4,2).contiguous())*2),'logit':lambda x:torch.logit(x.sigmoid(),eps=1e-3),'outer':lambda x:torch.outer(x[0,0,0],x[0,0,1]).mean()*x,'channel_last_view':lambda x:x.permute(0,2,3,1).reshape(x.shape[0],-1),'as_strided':lambda x:x.contiguous().as_strided((1,8),(512,64))*torch.ones(1,8) if False else x,
}
torch.manual_seed(0)
x=torch.randn(2,3,8,8)
golden={'x':x}
made=[];bad=[]
import gzip, json, pathlib
folder=pathlib.Path(__file__).resolve().parent.parent/'tests/data/outside'
raw=io.BytesIO(); z=zipfile.ZipFile(raw,'w')
seen=set(); used={'x'}
def slim2(data):
    src=zipfile.ZipFile(io.BytesIO(data)); out=io.BytesIO(); dst=zipfile.ZipFile(out,'w',zipfile.ZIP_STORED)
    def walk(o):
        if isinstance(o,dict):
            for k in ('stack_trace','torch_fn','metadata','kind','is_hop_single_tensor_return','requires_grad','device','layout','strides','module_call_graph','guards_code','custom_obj_values','opset_version','range_constraints'):
                if k in o and not (k=='strides' and 'path_name' in str(o.get('x',''))): o.pop(k)
            for v in o.values(): walk(v)
        elif isinstance(o,list):
            for v in o: walk(v)
    for n in src.namelist():
        if 'sample_inputs' in n or '.data/' in n: continue
        b=src.read(n)
        if n.endswith('models/model.json'):
            j=json.loads(b); walk(j); b=json.dumps(j,separators=(',',':')).encode()
        dst.writestr(zipfile.ZipInfo(n),b)
    dst.close(); return out.getvalue()
def targets(data):
    z=zipfile.ZipFile(io.BytesIO(data)); j=json.loads(z.read([n for n in z.namelist() if n.endswith('models/model.json')][0]))
    return {(n['target'],tuple(i['name'] for i in n['inputs'])) for n in j['graph_module']['graph']['nodes']}
for name,op in OPS.items():
    torch.manual_seed(1)
    m=One(op).eval()
    try:
        with torch.no_grad(): m(x); y=m(x)
        golden[name]=y.contiguous()
        ep=torch.export.export(m,(x,),dynamic_shapes=({0:torch.export.Dim('N',min=1,max=1024)},))
    except Exception as e:
        try:
            with torch.no_grad(): y=m(x[:1]); golden[name]=y.contiguous()
            ep=torch.export.export(m,(x[:1],))
        except Exception as e2:
            bad.append((name,str(e2)[:150])); golden.pop(name,None); continue
    for tag,p in [('plain',lambda:ep),('decomposed',lambda:ep.run_decompositions())]:
        try:
            b=io.BytesIO(); torch.export.save(p(),b); calls=targets(b.getvalue())
            if calls<=seen: continue
            seen|=calls; used.add(name); z.writestr(zipfile.ZipInfo(f'{name}.{tag}.pt2'),slim2(b.getvalue())); made.append(f'{name}.{tag}')
        except Exception as e: bad.append((name,tag,str(e)[:150]))
z.close()
(folder/'operators.zip.gz').write_bytes(gzip.compress(raw.getvalue(),9,mtime=0))
save_file({k:v.contiguous().float() for k,v in golden.items() if k in used},folder/'operators.safetensors')
print(len(made),'made',len(bad),'failed',bad)
